import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { ToolError } from '../errors.js';

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

/** Standard output. A reader that went away aborts `stop`: a normal end. */
function standardOutput(stop: AbortController): Output {
  const { stdout } = process;
  let gone = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
    stop.abort();
  });
  return {
    async write(text) {
      if (gone || text.length === 0) return;
      if (!stdout.write(text) && !gone) {
        await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {});
      }
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
  const target = await stat(file).catch(() => undefined);
  if (target && !target.isFile()) return special(file, target.isDirectory());
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  const handle = await opened(temporary, 'wx', file);
  return {
    write: (text) => writeAll(handle, text),
    async commit() {
      await handle.close();
      await rename(temporary, file);
    },
    async discard() {
      await handle.close();
      await unlink(temporary);
    },
  };
}

/** A device or a named pipe is written where it is. */
async function special(file: string, isDirectory: boolean): Promise<Output> {
  if (isDirectory) throw new ToolError(`cannot write "${file}": it is a directory`);
  const handle = await opened(file, 'w', file);
  return {
    write: (text) => writeAll(handle, text),
    commit: () => handle.close(),
    discard: () => handle.close(),
  };
}

async function opened(file: string, flags: string, shown: string): Promise<FileHandle> {
  try {
    return await open(file, flags);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ToolError(`cannot write "${shown}": ${code}`, 1, { cause });
  }
}

async function writeAll(handle: FileHandle, text: string | Buffer): Promise<void> {
  await handle.appendFile(text);
}
