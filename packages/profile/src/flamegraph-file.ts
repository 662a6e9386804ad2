import { folded, type Summary, shares, ToolError } from '@probekit/core';
import { type Rate, rateText } from './sampling.js';
import { scopeText } from './scope.js';

interface Args extends Rate {
  readonly pid: readonly number[];
  readonly tid: readonly number[];
  readonly cpu: readonly number[];
}

/** A flame graph of the run. The library that draws it is loaded when there is something to draw. */
export function pictureFile(args: Args) {
  return {
    renderer: folded({ annotate: true }),
    async convert(stacks: Buffer, summary: Summary): Promise<Buffer> {
      const about = aboutRun(stacks, args, summary);
      const { flamegraph } = await import('@probekit/flamegraph');
      return (await flamegraph(stacks, about)).svg;
    },
  };
}

/** The same as a page, with processes and threads apart. */
export function pageFile(args: Args) {
  return {
    renderer: folded({ annotate: true, ids: true }),
    async convert(stacks: Buffer, summary: Summary): Promise<Buffer> {
      const about = aboutRun(stacks, args, summary);
      const { flamegraphPage } = await import('@probekit/flamegraph');
      return (await flamegraphPage(stacks, about)).html;
    },
  };
}

/** What stands above a picture. Throws ToolError where there is none to draw. */
function aboutRun(stacks: Buffer, args: Args, summary: Summary) {
  if (stacks.length === 0) throw new ToolError('nothing ran on a CPU: there is no picture to draw');
  return {
    title: 'CPU flame graph',
    subtitle: `${scopeText(args)}, ${rateText(args)}, ${summary.durationS.toFixed(1)} s`,
    quality: qualityLine(summary),
  };
}

/** How many samples there are, what is missing of them, and how good their stacks are. */
export function qualityLine({ reported, lost, missed, quality }: Summary): string {
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
    `${reported.toLocaleString('en')} samples`,
    ...wrong,
    ...(wrong.length > 0 ? [] : ['none lost']),
    ...(samples > 0 ? [shares({ samples, complete, truncated, unresolved })] : []),
  ].join(', ');
}
