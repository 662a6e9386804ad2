import { folded, type Root, type Summary, ToolError } from '@probekit/core';
import { type Rate, rateText } from './sampling.js';
import { scopeText } from './scope.js';

interface Args extends Rate {
  readonly pid: readonly number[];
  readonly tid: readonly number[];
  readonly cpu: readonly number[];
  readonly root?: Root | undefined;
}

/** A flame graph of the run. The library that draws it is loaded when there is something to draw. */
export function pictureFile(args: Args) {
  return {
    renderer: folded({ annotate: true, root: args.root ?? 'comm' }),
    async convert(stacks: Buffer, summary: Summary): Promise<Buffer> {
      const about = aboutRun(stacks, args, summary);
      const { flamegraph } = await import('@probekit/flamegraph');
      return (await flamegraph(stacks, about)).svg;
    },
  };
}

/** The same as a page, with processes and threads apart unless it is to be otherwise. */
export function pageFile(args: Args) {
  return {
    renderer: folded({ annotate: true, root: args.root ?? 'tid' }),
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

/** How many samples there are, and what is missing of them. */
export function qualityLine({ reported, lost, missed, quality }: Summary): string {
  const entries: [string, unknown][] = [
    ...Object.entries(lost).map(([cause, n]): [string, number] => [`lost (${cause})`, n]),
    ['missed by the kernel', missed],
    ['user stacks missing', quality.missed_user_stacks],
    ['kernel stacks missing', quality.missed_kernel_stacks],
  ];
  const wrong = entries.filter(([, n]) => Number(n) > 0).map(([what, n]) => `${n} ${what}`);
  if (missed === null) wrong.push('the kernel does not count what it missed');
  return [
    `${reported.toLocaleString('en')} samples`,
    ...wrong,
    ...(wrong.length > 0 ? [] : ['none lost']),
  ].join(', ');
}
