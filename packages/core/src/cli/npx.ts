import { readFileSync } from 'node:fs';

/** npx forwards no signal and may die alone: how often to look whether it is still there. */
const CHECK_MS = 500;

/** Calls `gone` when the npx that started this process is no longer there. Returns a function that stops looking. */
export function onNpxGone(gone: () => void): () => void {
  if (!isStartedByNpx(process.env.npm_command)) return () => {};
  const before = ancestry();
  const watch = setInterval(() => ancestry() !== before && gone(), CHECK_MS).unref();
  return () => clearInterval(watch);
}

/** Our parents up to npx itself: between it and us may stand the shell that it uses. */
function ancestry(): string {
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    pids.push(pid);
    if (!isStartedByNpx(/(?:^|\0)npm_command=([^\0]*)/.exec(read(pid, 'environ'))?.[1])) break;
  }
  return pids.join(' ');
}

function isStartedByNpx(npmCommand: string | undefined): boolean {
  return npmCommand === 'exec';
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
