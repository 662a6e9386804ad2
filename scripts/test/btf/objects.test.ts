import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getKernel, KERNELS, MissingKernel } from '@probekit/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { buildBpf } from '../../build-bpf.mjs';
import { root } from '../../setup/builder.mjs';
import { kernelBtf } from './kernel-btf.js';
import { unresolved } from './unresolved.js';

/** Debian's name of an architecture, and Node's. */
const ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' } as const;

const work = mkdtempSync(path.join(tmpdir(), 'probekit-btf-'));
afterAll(() => rmSync(work, { recursive: true }));

/** The built objects with programs, which core's has not, for one architecture, by their path in the checkout. */
function objectsFor(arch: string): string[] {
  return ['packages', 'examples'].flatMap((top) =>
    readdirSync(path.join(root, top)).flatMap((name) => {
      const directory = path.join(top, name, 'dist/bpf', arch);
      if (name === 'core' || !existsSync(path.join(root, directory))) return [];
      return readdirSync(path.join(root, directory)).map((file) => path.join(directory, file));
    }),
  );
}

/** Objects that read what is not there, for both architectures. */
const wrong: readonly string[] = buildBpf({
  directory: import.meta.dirname,
  out: path.join(work, 'bpf'),
});

type Wanted = (typeof kernels)[number];

const kernels = Object.entries(ARCHITECTURES).flatMap(([debian, arch]) =>
  KERNELS.map(({ name }) => ({
    label: `${debian} ${name}`,
    name,
    architecture: debian as keyof typeof ARCHITECTURES,
    arch,
  })),
);

/** Each kernel's types as a file, or why there is no such kernel. */
const btfs = new Map<Wanted, Promise<string | MissingKernel>>();

async function writeBtf({ name, architecture }: Wanted): Promise<string | MissingKernel> {
  const kernel = await getKernel(name, architecture).catch((error) => {
    if (error instanceof MissingKernel) return error;
    throw error;
  });
  if (kernel instanceof MissingKernel) return kernel;
  const file = path.join(work, `${architecture}-${name}`);
  writeFileSync(file, kernelBtf(kernel.image));
  return file;
}

/** A test for each kernel, skipped for those that cannot be had. */
function onEach(wanted: readonly Wanted[], test: (btf: string, arch: string) => void): void {
  for (const kernel of wanted) {
    it(kernel.label, async ({ skip }) => {
      const btf = btfs.get(kernel) ?? writeBtf(kernel);
      btfs.set(kernel, btf);
      const file = await btf;
      if (!(file instanceof MissingKernel)) return test(file, kernel.arch);
      // The matrix knows a cause by its words, and versions come and go.
      process.stderr.write(`${file.message}\n`);
      skip(`kernel ${kernel.name} for ${kernel.architecture} cannot be downloaded`);
    });
  }
}

describe('what the objects read is there, or asked for first, on', () => {
  onEach(kernels, (btf, arch) => {
    const objects = objectsFor(arch);
    expect(objects.length).toBeGreaterThan(1);
    for (const object of objects) {
      expect(unresolved(path.join(root, object), btf), object).toEqual([]);
    }
  });
});

describe('an object that reads what is not there, and does not ask, is found out on', () => {
  const absent = 'byte_off struct task_struct___absent.no_such_field';
  const one = kernels.filter(({ name }) => name === '6.1');
  onEach(one, (btf, arch) => {
    const object = wrong.find((file) => file.includes(`/${arch}/`)) as string;
    expect(unresolved(object, btf).sort()).toEqual([
      `raw_tp/guarded_once: ${absent}`,
      'raw_tp/no_struct: byte_off struct no_such_struct.field',
      'raw_tp/no_value: enumval_value enum bpf_map_type___absent::BPF_MAP_TYPE_NO_SUCH___absent = 1',
      `raw_tp/other_guard: ${absent}`,
      `raw_tp/unguarded: ${absent}`,
    ]);
  });
});
