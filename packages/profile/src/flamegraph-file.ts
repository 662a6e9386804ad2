import { folded, type Root, type Summary, ToolError } from '@probekit/core';
import { measured } from './measure.js';
import { type OffCpuArgs, offCpuText } from './off-cpu.js';
import { rateText } from './sampling.js';
import { scopeText } from './scope.js';
import type { StacksFileArgs } from './stacks-file.js';
import { summaryLine } from './summary-line.js';

interface Args extends StacksFileArgs, OffCpuArgs {
  readonly pid: readonly number[];
  readonly tid: readonly number[];
  readonly cpu: readonly number[];
  readonly cgroup?: string | undefined;
}

/** A flame graph of the run. The library that draws it is loaded when there is something to draw. */
export function pictureFile(args: Args) {
  return {
    renderer: folded({ annotate: true, root: args.root }),
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
      const roots = ROOT_WORDS[args.root ?? 'tid'];
      return (await flamegraphPage(stacks, { ...about, ...(roots && { roots }) })).html;
    },
  };
}

/** How a page calls first frames; with numbers in them, the page tells them by itself. */
const ROOT_WORDS: Partial<Record<Root, string>> = { comm: 'name', container: 'container' };

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
    quality: summaryLine(summary),
  };
}
