import { escapeText } from '../escape.js';
import type { Stack, StackCount, Stacks } from '../report.js';
import { areBothKnown, frameNames, weight } from './frames.js';

export interface StackTextOptions {
  /** A line `--` between kernel and user frames. */
  readonly delimiter?: boolean;
  /** Each frame's address before its name, in sixteen hexadecimal digits. */
  readonly addresses?: boolean;
}

/** Stacks leaf first, each with its process and count, the most frequent last, as BCC's profile prints them. */
export function stackText({ entries }: Stacks, options: StackTextOptions = {}): string {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const text = block(entry, options);
    counts.set(text, (counts.get(text) ?? 0) + weight(entry));
  }
  const blocks = [...counts].sort(([, a], [, b]) => a - b);
  return blocks.map(([text, count]) => `${text}        ${count}\n\n`).join('');
}

function block(
  { pid, comm, user, kernel }: StackCount,
  { delimiter, addresses }: StackTextOptions,
): string {
  const frames = (stack: Stack, which: 'User' | 'Kernel') =>
    frameNames(stack, which).map((name, i) => {
      const frame = addresses && Array.isArray(stack) && stack[i];
      return frame ? `${frame.address.toString(16).padStart(16, '0')} ${name}` : name;
    });
  const names = [
    ...frames(kernel, 'Kernel'),
    ...(delimiter && areBothKnown(user, kernel) ? ['--'] : []),
    ...frames(user, 'User'),
  ];
  const process = `${'-'.padEnd(16)} ${escapeText(comm)} (${pid})`;
  return [...names.map(escapeText), process].map((line) => `    ${line}\n`).join('');
}
