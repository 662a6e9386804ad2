import { escapeText } from '../escape.js';
import type { StackCount, Stacks } from '../report.js';
import { areBothKnown, frameNames } from './frames.js';

export interface StackTextOptions {
  /** A line `--` between kernel and user frames. */
  readonly delimiter?: boolean;
}

/** Stacks leaf first, each with its process and count, the most frequent last, as BCC's profile prints them. */
export function stackText({ entries }: Stacks, options: StackTextOptions = {}): string {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const text = block(entry, options);
    counts.set(text, (counts.get(text) ?? 0) + entry.count);
  }
  const blocks = [...counts].sort(([, a], [, b]) => a - b);
  return blocks.map(([text, count]) => `${text}        ${count}\n\n`).join('');
}

function block({ pid, comm, user, kernel }: StackCount, { delimiter }: StackTextOptions): string {
  const names = [
    ...frameNames(kernel, 'Kernel'),
    ...(delimiter && areBothKnown(user, kernel) ? ['--'] : []),
    ...frameNames(user, 'User'),
  ];
  const process = `${'-'.padEnd(16)} ${escapeText(comm)} (${pid})`;
  return [...names.map(escapeText), process].map((line) => `    ${line}\n`).join('');
}
