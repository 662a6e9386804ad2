import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The public registry has packages of the same names as our bins. Where no bin is linked, npx must
// not fetch and run them. A registry of our own has a stranger under every name.
const root = path.resolve(fileURLToPath(import.meta.url), '../../..');
const bins = ['packages', 'examples'].flatMap((top) =>
  readdirSync(path.join(root, top)).flatMap((name) => {
    const manifest = readFileSync(path.join(root, top, name, 'package.json'), 'utf8');
    return Object.keys((JSON.parse(manifest) as { bin?: Record<string, string> }).bin ?? {});
  }),
);

let directory: string;
let registry: string;
const fetched: string[] = [];
const server = createServer((request, response) => {
  if (request.method !== 'GET') {
    response.writeHead(404).end(); // npm asks for advisories
    return;
  }
  const name = path.basename(request.url ?? '', '.tgz');
  if (request.url?.endsWith('.tgz')) {
    fetched.push(name);
    response.end(tarball(name));
    return;
  }
  const version = { name, version: '1.0.0', bin: { [name]: 'bin.js' } };
  const dist = { tarball: `${registry}/-/${name}.tgz` };
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      name,
      'dist-tags': { latest: '1.0.0' },
      versions: { '1.0.0': { ...version, dist } },
    }),
  );
});

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'strangers-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  if (process.env.KEEP) return;
  server.close();
  rmSync(directory, { recursive: true });
});

function tarball(name: string): Buffer {
  const at = path.join(directory, 'published', name);
  mkdirSync(path.join(at, 'package'), { recursive: true });
  const manifest = { name, version: '1.0.0', bin: { [name]: 'bin.js' } };
  writeFileSync(path.join(at, 'package/package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(at, 'package/bin.js'), "#!/usr/bin/env node\nconsole.log('stranger');\n");
  return execFileSync('tar', ['-C', at, '-cz', 'package']);
}

/** `npx NAME` in an empty project, with or without our .npmrc, by a person without settings. */
async function npx(name: string, { ours }: { ours: boolean }) {
  const project = path.join(directory, `${name}-${ours ? 'ours' : 'plain'}`);
  mkdirSync(path.join(project, 'home'), { recursive: true });
  writeFileSync(path.join(project, 'package.json'), '{}');
  if (ours) copyFileSync(path.join(root, '.npmrc'), path.join(project, '.npmrc'));
  const env = Object.entries(process.env).filter(([key]) => !/^npm_|^HOME$/i.test(key));
  return new Promise<{ ok: boolean; output: string }>((resolve) => {
    const child = execFile(
      'npx',
      [name],
      {
        cwd: project,
        env: {
          ...Object.fromEntries(env),
          HOME: path.join(project, 'home'),
          npm_config_registry: registry,
          npm_config_userconfig: path.join(project, 'home/.npmrc'),
          npm_config_globalconfig: path.join(project, 'home/global'),
          npm_config_update_notifier: 'false',
        },
      },
      (error, stdout, stderr) => resolve({ ok: !error, output: stdout + stderr }),
    );
    child.stdin?.end();
  });
}

describe('npx without a linked bin', () => {
  it('knows every bin', () => {
    expect(bins).toEqual(expect.arrayContaining(['profile', 'flamegraph', 'doctor']));
  });

  it.each(bins)('refuses %s', async (name) => {
    fetched.length = 0;
    const { ok, output } = await npx(name, { ours: true });
    expect(ok).toBe(false);
    expect(output).toContain('missing packages and no YES option');
    expect(fetched).toEqual([]);
  });

  it('would run the stranger without our .npmrc', async () => {
    expect(await npx('profile', { ours: false })).toMatchObject({
      ok: true,
      output: expect.stringContaining('stranger'),
    });
  });
});
