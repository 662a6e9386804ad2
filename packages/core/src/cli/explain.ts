import { kernelRelease, possibleCpus } from '../system.js';
import type { AnyTool, CommonArgs } from '../tool/define.js';
import { judgePlans, type Plan } from '../tool/plan.js';

/** Prints every plan, which one this kernel takes, and what the others lack. Returns the exit code. */
export async function explain({ definition }: AnyTool, args: CommonArgs): Promise<number> {
  const verdicts = judgePlans(definition.plans, args);
  const taken = verdicts.find(({ ok }) => ok);
  if (args.json) {
    const plans = verdicts.map((verdict) => ({ ...verdict, taken: verdict === taken }));
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
    lines.push(`  map ${name}: ${entries} entries, ${Math.ceil(bytes / 1024)} KiB`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return taken ? 0 : 3;
}

function mapSizes(
  { skeleton, maxEntries }: AnyTool['definition'],
  args: CommonArgs,
): Record<string, { entries: number; bytes: number }> {
  const sizes: Record<string, { entries: number; bytes: number }> = {};
  const chosen: Readonly<Record<string, number>> = maxEntries?.(args) ?? {};
  for (const [name, map] of Object.entries<Sized>(skeleton.maps)) {
    const { type, keySize, valueSize } = map;
    const entries = chosen[name] ?? map.maxEntries;
    const values = type.startsWith('percpu_') ? possibleCpus().length : 1;
    sizes[name] = { entries, bytes: entries * (keySize + values * valueSize) };
  }
  return sizes;
}

interface Sized {
  readonly type: string;
  readonly maxEntries: number;
  readonly keySize: number;
  readonly valueSize: number;
}
