import type { Summary } from '../report.js';

/** The lines that a run ends with on stderr. Errors word themselves where they are thrown. */

/** What was lost, and why; undefined when nothing was. */
export function lossLine({ events, lost, missed }: Summary): string | undefined {
  const causes = Object.entries(lost)
    .filter(([, count]) => count > 0)
    .map(([cause, count]) => `${count} ${cause}`);
  if (missed) causes.push(`${missed} missed by the kernel`);
  if (causes.length === 0) return undefined;
  return `lost of ${events + (missed ?? 0)} events: ${causes.join(', ')}`;
}

/** What our programs cost, with --overhead. */
export function overheadLines({ programs = {} }: Summary): string[] {
  return Object.entries(programs).map(
    ([name, { runs, meanNs }]) => `program ${name} ran ${runs} times, ${Math.round(meanNs)} ns each`,
  );
}
