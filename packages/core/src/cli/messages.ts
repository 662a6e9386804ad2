import type { Summary } from '../report.js';

/** The lines that a run ends with on stderr: what was lost and why, and with --overhead what our programs cost. */
export function closingLines(summary: Summary): string[] {
  const lost = lossLine(summary);
  return [...(lost ? [lost] : []), ...overheadLines(summary)];
}

function lossLine({ events, lost, missed }: Summary): string | undefined {
  const causes = Object.entries(lost)
    .filter(([, count]) => count > 0)
    .map(([cause, count]) => `${count} ${cause}`);
  if (missed) causes.push(`${missed} missed by the kernel on all CPUs`);
  if (causes.length === 0) return undefined;
  return `lost of ${events + (missed ?? 0)} events: ${causes.join(', ')}`;
}

function overheadLines({ programs = {} }: Summary): string[] {
  return Object.entries(programs).map(
    ([name, { runs, meanNs }]) =>
      `program ${name} ran ${runs} times, ${Math.round(meanNs)} ns each`,
  );
}
