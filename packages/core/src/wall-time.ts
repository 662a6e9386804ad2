/** Wall clock less CLOCK_MONOTONIC, in ms: what turns bpf_ktime_get_ns() into a date. */
const offsetMs = performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;

let second = Number.NaN;
let prefix = '';

/** ISO 8601 with milliseconds, of a bpf_ktime_get_ns() time. */
export function wallTime(monotonicNs: number): string {
  const ms = Math.floor(monotonicNs / 1e6 + offsetMs);
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    second = whole;
    prefix = new Date(whole * 1000).toISOString().slice(0, 20);
  }
  return `${prefix}${String(ms - whole * 1000).padStart(3, '0')}Z`;
}
