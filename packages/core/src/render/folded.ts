import { escapeFolded } from '../escape.js';
import type { StackCount } from '../report.js';
import { areBothKnown, frameNames, type Root, rootFrames, weight } from './frames.js';
import type { Renderer } from './renderer.js';

export interface FoldedOptions {
  /** Behind names: `_[k]` of kernel, `_[j]` of just-in-time compiled, `_[i]` of inlined frames. */
  readonly annotate?: boolean;
  /** A frame `-` between user and kernel frames. */
  readonly delimiter?: boolean;
  /** The first frames; default: comm. */
  readonly root?: Root | undefined;
}

/**
 * One line a stack, `comm;root;...;leaf count`, user frames before kernel frames, as BCC's profile -f prints them
 * and flame graph programs read them. Equal lines are one line, the largest count last.
 */
export function folded(options: FoldedOptions = {}): Renderer {
  return {
    report(report) {
      if (report.type !== 'stacks') return '';
      const counts = new Map<string, number>();
      for (const entry of report.entries) {
        const line = foldedLine(entry, options);
        counts.set(line, (counts.get(line) ?? 0) + weight(entry));
      }
      const lines = [...counts].sort(([, a], [, b]) => a - b);
      return lines.map(([line, count]) => `${line} ${count}\n`).join('');
    },
  };
}

function foldedLine(entry: StackCount, options: FoldedOptions): string {
  const { user, kernel } = entry;
  const frames = [
    ...rootFrames(entry, options.root),
    ...frameNames(user, 'User', options.annotate).reverse(),
    ...(options.delimiter && areBothKnown(user, kernel) ? ['-'] : []),
    ...frameNames(kernel, 'Kernel', options.annotate).reverse(),
  ];
  return frames.map(escapeFolded).join(';');
}
