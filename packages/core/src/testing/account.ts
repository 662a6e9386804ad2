/** The summary record of a run, as `--json` prints it. */
export interface SummaryRecord {
  readonly type: 'summary';
  readonly duration_s: number;
  readonly events: number;
  readonly reported: number;
  readonly below_threshold: number;
  readonly in_flight: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly missed: number | null;
}

export function summaryOf(printed: readonly Record<string, unknown>[]): SummaryRecord {
  const last = printed.at(-1);
  if (last?.type !== 'summary') throw new Error(`no summary: ${JSON.stringify(last)}`);
  return last as unknown as SummaryRecord;
}

export function lostOf({ lost }: SummaryRecord): number {
  return Object.values(lost).reduce((a, b) => a + b, 0);
}

/** How many events the account does not explain: 0, or it is wrong. */
export function unexplained(summary: SummaryRecord): number {
  const { events, reported, below_threshold, in_flight } = summary;
  return events - reported - below_threshold - in_flight - lostOf(summary);
}
