import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Compiles one C file with frame pointers, once per content, and returns the program's path. */
export function compileWorkload(source: string, flags: readonly string[] = []): string {
  const digest = createHash('sha256')
    .update(readFileSync(source))
    .update(flags.join(' '))
    .digest('hex');
  const directory = path.join(
    tmpdir(),
    `probekit-workloads-${process.getuid?.()}`,
    digest.slice(0, 16),
  );
  const program = path.join(directory, path.basename(source, '.c'));
  if (existsSync(program)) return program;
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const unfinished = `${program}.${process.pid}`;
  execFileSync(
    'gcc',
    [
      '-O2',
      '-g',
      '-Wall',
      '-fno-omit-frame-pointer',
      '-pthread',
      '-o',
      unfinished,
      source,
      ...flags,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  renameSync(unfinished, program);
  return program;
}
