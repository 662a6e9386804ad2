/** Wall clock less CLOCK_MONOTONIC, in ms: what turns bpf_ktime_get_ns() into a date. */
const offsetMs = performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;

let lastMs = Number.NaN;
let lastText = '';

/** ISO 8601 with milliseconds, of a bpf_ktime_get_ns() time. */
export function wallTime(monotonicNs: number): string {
  const ms = Math.floor(monotonicNs / 1e6 + offsetMs);
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}
