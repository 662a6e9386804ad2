import { completeArgs } from './args.js';
import type { AnyTool } from './definition.js';
import { lockedBytes } from './map-sizes.js';
import { type CommonArgs, optionsOf } from './options.js';
import { judgePlans, type PlanVerdict } from './plan.js';

/** What judgePlans says of a whole tool; its defaults stand for options that are left out. */
export function judgeTool(
  { definition }: AnyTool,
  args = completeArgs({ options: optionsOf(definition) }, {}) as CommonArgs,
): PlanVerdict[] {
  return judgePlans(definition.plans, args, lockedBytes(definition, args));
}
