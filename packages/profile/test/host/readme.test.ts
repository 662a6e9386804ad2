import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileWorkload, host, type Started } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const documents = [
  'README.md',
  'packages/biolatency/README.md',
  'packages/funclatency/README.md',
  'packages/profile/README.md',
  'packages/tcpconnlat/README.md',
  'packages/ext4slower/README.md',
  'packages/flamegraph/README.md',
  'packages/doctor/README.md',
  'docs/adding-a-tool.md',
];
const spinner = compileWorkload(path.join(root, 'packages/profile/test/workloads/shares.c'));
/** Inside of the clone, where npx finds its bins, and ignored by git. */
const directory = mkdtempSync(path.join(root, 'target/readme-'));

/** Code blocks of one language. */
function blocks(document: string, language: string): string[] {
  const text = readFileSync(path.join(root, document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code]) => code as string,
  );
}

/** Of the same stacks. */
async function picture(): Promise<Buffer> {
  const { flamegraph } = await import('@probekit/flamegraph');
  return (await flamegraph('main;work 7\n')).svg;
}

/** What a reader types into the clone, `npx …` lines less the install in front of them, and who tells him to. */
const commands = new Map<string, string[]>();
for (const document of documents) {
  for (const line of blocks(document, 'sh').flatMap((block) => block.split('\n'))) {
    const command = line.replace(/^npm i \S+ && /, '').replace(/\s+#.*$/, '');
    if (!command.startsWith('npx ')) continue;
    commands.set(command, [...(commands.get(command) ?? []), document]);
  }
}

let work: Started;

beforeAll(async () => {
  work = host.start([spinner, '1']);
  await work.waitFor(/spinning/);
  for (const name of ['cpu', 'before', 'after']) {
    writeFileSync(path.join(directory, `${name}.folded`), 'main;work 7\n');
  }
  writeFileSync(path.join(directory, 'cpu.svg'), await picture());
});

afterAll(async () => {
  work.signal('SIGKILL');
  await work.done;
  rmSync(directory, { recursive: true });
});

describe.concurrent('every command of the documents', () => {
  it('is found', () => expect(commands.size).toBeGreaterThan(8));

  it.each([...commands])('%s, of %s', async (line) => {
    const command = line.replaceAll('812', String(work.pid));
    const finished = await host.run(['bash', '-o', 'pipefail', '-c', command], {
      cwd: directory,
    });
    expect(finished.code, finished.stderr).toBe(0);
    expect(finished.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('every piece of a program', () => {
  const programs = [
    'README.md',
    'packages/ext4slower/README.md',
    'packages/flamegraph/README.md',
    'packages/doctor/README.md',
  ].flatMap((document) => blocks(document, 'ts').map((code) => [document, code] as const));

  it.each(programs)('%s', async (document, code) => {
    const file = path.join(root, path.dirname(document), `.readme-${process.pid}.mjs`);
    writeFileSync(file, code);
    try {
      const { code: status, stderr } = await host.run([process.execPath, file]);
      expect(status, stderr).toBe(0);
    } finally {
      rmSync(file);
    }
  });
});
