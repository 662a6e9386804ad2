import { type Summary, shares } from '@probekit/core';

/** How many samples there are, what is missing of them, and how good their stacks are. */
export function summaryLine(summary: Summary): string {
  const { lost, missed, quality } = summary;
  const entries: [string, unknown][] = [
    ...Object.entries(lost).map(([cause, n]): [string, number] => [`lost (${cause})`, n]),
    ['missed by the kernel', missed],
    ['user stacks missing', quality.missed_user_stacks],
    ['kernel stacks missing', quality.missed_kernel_stacks],
  ];
  const [complete, truncated, unresolved] = ['complete', 'truncated', 'unresolved'].map((what) =>
    Number(quality[what] ?? 0),
  ) as [number, number, number];
  const samples = complete + truncated + unresolved;
  const wrong = entries.filter(([, n]) => Number(n) > 0).map(([what, n]) => `${n} ${what}`);
  if (missed === null) wrong.push('the kernel does not count what it missed');
  return [
    totalText(summary),
    ...wrong,
    ...(wrong.length > 0 ? [] : ['none lost']),
    ...(samples > 0 ? [shares({ samples, complete, truncated, unresolved })] : []),
  ].join(', ');
}

/** What all stacks weigh together. */
export function totalText({ reported, quality }: Summary): string {
  const { blocked_us: blocked, off_cpu_us: offCpu } = quality;
  const us = blocked ?? offCpu;
  if (typeof us !== 'number') return `${reported.toLocaleString('en')} samples`;
  const what = blocked === undefined ? 'off CPU' : 'blocked';
  return `${us.toLocaleString('en')} microseconds ${what} in ${reported.toLocaleString('en')} waits`;
}
