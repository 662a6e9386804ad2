// fs.promises is loaded where it is first asked for, node:fs/promises at each start.
import { promises as files, rmSync } from 'node:fs';
import path from 'node:path';
import { ToolError } from '../errors.js';
import { beforeAbruptEnd } from './signals.js';

/** Where a run's output goes. */
export interface Output {
  write(text: string | Buffer): Promise<void>;
  /** All is written: make it last. */
  commit(): Promise<void>;
  /** The run failed: leave nothing half-written. */
  discard(): Promise<void>;
}

/** `file`, or standard output when there is none. */
export async function openOutput(file: string | undefined, stop: AbortController): Promise<Output> {
  return file === undefined ? standardOutput(stop) : fileOutput(file);
}

/** Standard output. A reader that went away aborts `stop`: a normal end. `command` reports every other failure. */
function standardOutput(stop: AbortController): Output {
  const { stdout } = process;
  let gone = false;
  stdout.on('error', () => {
    gone = true;
    stop.abort();
  });
  return {
    async write(text) {
      if (gone || text.length === 0) return;
      await new Promise<void>((resolve) => {
        // The callback comes after an error too. Below the high-water mark nobody waits for it.
        if (stdout.write(text, () => resolve())) resolve();
      });
    },
    async commit() {},
    async discard() {},
  };
}

/**
 * A file that appears under its name only when it is complete. The temporary one beside it is opened at once, so
 * that a path that cannot be written fails before anything is traced. Throws ToolError.
 */
async function fileOutput(file: string): Promise<Output> {
  const target = await files.stat(file).catch(() => undefined);
  const inPlace = /^\/(dev|proc)\//.test(path.resolve(file));
  if (target && (inPlace || !target.isFile())) return special(file, target.isDirectory());
  // What a link points to is replaced, not the link.
  const place = target ? await files.realpath(file) : file;
  // Loaded where it is needed: --help does not wait for it.
  const { randomBytes } = await import('node:crypto');
  const temporary = path.join(
    path.dirname(place),
    `.${path.basename(place)}.${randomBytes(6).toString('hex')}`,
  );
  const handle = await writing(file, () => files.open(temporary, 'wx'));
  const forget = beforeAbruptEnd(() => rmSync(temporary, { force: true }));
  return {
    write: (text) => writing(file, () => handle.appendFile(text)),
    commit: () =>
      writing(file, async () => {
        await handle.close();
        await files.rename(temporary, place);
        forget();
      }),
    async discard() {
      await handle.close();
      await files.unlink(temporary).catch(() => {});
      forget();
    },
  };
}

/** A device, a named pipe and what stands under /dev and /proc is written where it is. */
async function special(file: string, isDirectory: boolean): Promise<Output> {
  if (isDirectory) throw new ToolError(`cannot write "${file}": it is a directory; name a file`);
  const handle = await writing(file, () => files.open(file, 'w'));
  return {
    write: (text) => writing(file, () => handle.appendFile(text)),
    commit: () => writing(file, () => handle.close()),
    discard: () => handle.close(),
  };
}

async function writing<T>(file: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ToolError(
      `cannot write "${file}": ${[code, reason(code, file)].filter(Boolean).join(': ')}`,
      1,
      { cause },
    );
  }
}

/** What a code means for an output, and what to do about it. */
function reason(code: string | undefined, file: string): string | undefined {
  const directory = path.dirname(path.resolve(file));
  switch (code) {
    case 'ENOENT':
      return `no directory "${directory}" that takes files; name another`;
    case 'ENOTDIR':
      return `"${directory}" is not a directory; name another`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to write in "${directory}"; name another`;
    case 'EROFS':
      return `"${directory}" is on a read-only file system; name another`;
    case 'ENOSPC':
      return 'no space left; name a file elsewhere';
  }
  return undefined;
}
