import { kernelRelease } from '../system.js';
import type { AnyTool } from '../tool/definition.js';
import { judgeTool } from '../tool/judge.js';
import { mapSizes } from '../tool/map-sizes.js';
import type { CommonArgs } from '../tool/options.js';
import type { Plan } from '../tool/plan.js';

/** Prints every plan, which one this kernel takes, and what the others lack. Returns the exit code. */
export async function explain(tool: AnyTool, args: CommonArgs): Promise<number> {
  const { definition } = tool;
  const verdicts = judgeTool(tool, args);
  const taken = verdicts.find(({ name, ok }) => ok && (args.plan ?? name) === name);
  if (args.json) {
    const plans = verdicts.map(({ missing: _, ...verdict }) => ({
      ...verdict,
      taken: verdict.name === taken?.name,
    }));
    process.stdout.write(
      `${JSON.stringify({ type: 'explain', tool: definition.name, kernel: kernelRelease(), plans, maps: mapSizes(definition, args) })}\n`,
    );
    return taken ? 0 : 3;
  }
  const lines = [`${definition.name} on kernel ${kernelRelease()}:`];
  verdicts.forEach((verdict, i) => {
    const { capabilities } = definition.plans[i] as Plan<never, never>;
    const mark = verdict === taken ? 'taken' : verdict.ok ? 'works too' : `no: ${verdict.reason}`;
    lines.push(
      `  plan ${verdict.name}: ${mark}; capabilities: ${capabilities.join(', ') || 'none'}`,
    );
  });
  for (const [name, { entries, bytes }] of Object.entries(mapSizes(definition, args))) {
    const size = `${Math.ceil(bytes / 1024)} KiB`;
    const isRing = Object.hasOwn(definition.skeleton.rings, name);
    lines.push(isRing ? `  ring ${name}: ${size}` : `  map ${name}: ${entries} entries, ${size}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return taken ? 0 : 3;
}
