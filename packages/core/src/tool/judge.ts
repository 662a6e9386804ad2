import { completeArgs } from './args.js';
import type { AnyTool } from './definition.js';
import { lockedBytes } from './map-sizes.js';
import { type CommonArgs, optionsOf } from './options.js';
import { judgePlans, lackOf, type PlanVerdict } from './plan.js';

/** What judgePlans says of a whole tool; its defaults stand for options that are left out. */
export function judgeTool(
  { definition }: AnyTool,
  args = completeArgs({ options: optionsOf(definition) }, {}) as CommonArgs,
): PlanVerdict[] {
  const locked = lockedBytes(definition, args);
  return judgePlans(definition.plans, args, locked).map((verdict, i) => {
    const plan = definition.plans[i];
    const lacks = plan && !verdict.ok && !verdict.missing && lackOf(plan, locked);
    return lacks ? { ...verdict, lacks } : verdict;
  });
}
