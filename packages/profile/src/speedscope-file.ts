import {
  escapeText,
  type FileFormat,
  type Frame,
  frameName,
  missedStack,
  rootFrames,
  type Stack,
} from '@probekit/core';
import { measured } from './measure.js';
import { type Profiled, type StacksFileArgs, stacksFile } from './stacks-file.js';
import { summaryLine, totalText } from './summary-line.js';

/** https://www.speedscope.app/file-format-schema.json, as far as it is written here. */
interface File {
  readonly $schema: 'https://www.speedscope.app/file-format-schema.json';
  readonly exporter: string;
  readonly name: string;
  readonly activeProfileIndex: number;
  readonly shared: { readonly frames: readonly SharedFrame[] };
  readonly profiles: readonly SampledProfile[];
}

interface SharedFrame {
  readonly name: string;
  readonly file?: string;
}

interface SampledProfile {
  readonly type: 'sampled';
  readonly name: string;
  readonly unit: 'none' | 'microseconds';
  readonly startValue: number;
  readonly endValue: number;
  /** Stacks root first, of indexes into the frames. */
  readonly samples: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** All stacks for https://www.speedscope.app, the heaviest first. */
export function speedscopeFile(args: StacksFileArgs): FileFormat {
  return stacksFile(async (run) => Buffer.from(JSON.stringify(speedscope(run, args))));
}

function speedscope({ meta, entries, summary }: Profiled, args: StacksFileArgs): File {
  const { title, weigh, timeUnit } = measured(args, meta.plan);
  const frames = new Frames();
  const heaviest = [...entries].sort((a, b) => weigh(b) - weigh(a));
  const samples = heaviest.map((entry) => [
    ...rootFrames(entry, args.root).map((name) => frames.named(name)),
    ...frames.stack(entry.user, 'User'),
    ...frames.stack(entry.kernel, 'Kernel'),
  ]);
  const weights = heaviest.map(weigh);
  const name = escapeText(`${meta.header} ${summaryLine(summary)}`);
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: `probekit ${meta.tool} ${meta.version}`,
    name,
    activeProfileIndex: 0,
    shared: { frames: frames.all },
    profiles: [
      {
        type: 'sampled',
        name: `${title}: ${totalText(summary)}`,
        unit: timeUnit ?? 'none',
        startValue: 0,
        endValue: weights.reduce((sum, one) => sum + one, 0),
        samples,
        weights,
      },
    ],
  };
}

/** Frames, each once: by its name and the file that it is in. */
class Frames {
  readonly all: SharedFrame[] = [];
  private readonly byKey = new Map<string, number>();
  private readonly byFrame = new Map<Frame, number>();

  /** Root first. */
  stack(stack: Stack, which: 'User' | 'Kernel'): number[] {
    if (stack === null) return [];
    if (stack === 'missed') return [this.named(missedStack(which))];
    const indexes = stack.map((frame: Frame) => this.byFrame.get(frame) ?? this.code(frame, which));
    return indexes.reverse();
  }

  private code(frame: Frame, which: 'User' | 'Kernel'): number {
    const file = frame.module ?? (which === 'Kernel' ? 'kernel' : undefined);
    const index = this.named(frameName(frame), file);
    this.byFrame.set(frame, index);
    return index;
  }

  named(name: string, file?: string): number {
    const key = JSON.stringify([name, file]);
    let index = this.byKey.get(key);
    if (index === undefined) {
      index = this.all.length;
      this.all.push({ name: escapeText(name), ...(file && { file: escapeText(file) }) });
      this.byKey.set(key, index);
    }
    return index;
  }
}
