import { folded, type Root, type Summary, shares, ToolError } from '@probekit/core';
import { type MeasureArgs, measured } from './measure.js';
import { type OffCpuArgs, offCpuText } from './off-cpu.js';
import { rateText } from './sampling.js';
import { scopeText } from './scope.js';

interface Args extends MeasureArgs, OffCpuArgs {
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

/** What stands above a picture, and what its frames count. Throws ToolError where there is none to draw. */
function aboutRun(stacks: Buffer, args: Args, summary: Summary) {
  const nothing = args.offCpu ? 'nothing waited' : 'nothing ran on a CPU';
  if (stacks.length === 0) throw new ToolError(`${nothing}: there is no picture to draw`);
  const { title, countName } = measured(args);
  const how = args.offCpu ? offCpuText(args) : rateText(args);
  return {
    title,
    countName,
    subtitle: `${scopeText(args)}, ${how}, ${summary.durationS.toFixed(1)} s`,
    quality: qualityLine(summary),
  };
}

/** How many samples there are, what is missing of them, and how good their stacks are. */
export function qualityLine(summary: Summary): string {
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
