import type { Goodness, Quality } from '../report.js';

/** That many processes are named, and those only of which at least this share is not complete. */
const MOST_PROCESSES = 5;
const WORTH_A_LINE = 0.05;

/** For a person: how good all stacks are, then the processes that are worst, each with what would make it better. */
export function qualityLines(quality: Quality): string[] {
  const { samples, processes } = quality;
  if (samples === 0) return [];
  const bad = processes.filter((one) => lacking(one) >= Math.max(1, WORTH_A_LINE * one.samples));
  const lines = bad.slice(0, MOST_PROCESSES).map((one) => {
    const found = `${lacking(one)} of ${one.samples} stacks are not complete`;
    return `pid ${one.pid} ${one.name}: ${one.remedy === null ? found : `${one.remedy} (${found})`}`;
  });
  const left = bad.length - lines.length;
  return [
    `stacks: ${shares(quality)}`,
    ...lines,
    ...(left > 0 ? [`${left} more processes have incomplete stacks: --json names them all`] : []),
  ];
}

/** `91.2 % complete, 6.1 % truncated, 2.7 % unresolved`. */
export function shares({ samples, complete, truncated, unresolved }: Goodness): string {
  // Rounded down, but for all: 100 % is said of nothing less.
  const share = (n: number) => (Math.floor((1000 * n) / samples) / 10).toFixed(1);
  const rest = Object.entries({ truncated, unresolved }).map(
    ([what, n]) => `${((100 * n) / samples).toFixed(1)} % ${what}`,
  );
  return [`${share(complete)} % complete`, ...rest].join(', ');
}

function lacking({ truncated, unresolved }: Goodness): number {
  return truncated + unresolved;
}
