// @ts-check
// Compiles the BPF objects of the package in the current directory: bpf/*.bpf.c to dist/bpf/<arch>/*.bpf.o. What it asks
// of the compiler besides stands in its bpf/cflags, a flag a line.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { clang } from './toolchain.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');

/** Node's name of an architecture, and libbpf's. */
const TARGETS = { x64: 'x86', arm64: 'arm64' };

/**
 * @param {{ directory: string, out?: string, defines?: readonly string[] }} options `defines`: NAME=VALUE, for tests
 * that need an object which is wrong on purpose
 * @returns {string[]} the objects
 */
export function buildBpf({ directory, out = path.join(directory, 'dist/bpf'), defines = [] }) {
  const sources = readdirSync(path.join(directory, 'bpf')).filter((file) =>
    file.endsWith('.bpf.c'),
  );
  const headers = libbpfHeaders();
  const objects = [];
  for (const [arch, target] of Object.entries(TARGETS)) {
    mkdirSync(path.join(out, arch), { recursive: true });
    for (const source of sources) {
      const object = path.join(out, arch, source.replace(/\.c$/, '.o'));
      execFileSync(
        clang(),
        [
          ...[
            '-target',
            'bpf',
            '-mcpu=v3',
            '-O2',
            '-g',
            '-Wall',
            '-Wextra',
            '-Werror',
            '-Wno-unused-parameter',
          ],
          `-D__TARGET_ARCH_${target}`,
          ...flagsOf(directory),
          ...defines.map((define) => `-D${define}`),
          ...['-I', path.join(root, 'packages/core/bpf')],
          ...headers.flatMap((directory) => ['-idirafter', directory]),
          // Debug information without the paths of the machine that built it.
          `-ffile-prefix-map=${root}/=`,
          ...['-c', path.join(directory, 'bpf', source), '-o', object],
        ],
        { stdio: 'inherit' },
      );
      objects.push(object);
    }
  }
  return objects;
}

/** @param {string} directory a package's */
function flagsOf(directory) {
  const file = path.join(directory, 'bpf/cflags');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** libbpf's headers come with the crate that the add-on links, so that both are of one version. */
function libbpfHeaders() {
  const metadata = JSON.parse(
    execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  /** @type {{ name: string, manifest_path: string }} */
  const crate = metadata.packages.find(
    (/** @type {{ name: string }} */ { name }) => name === 'libbpf-sys',
  );
  const libbpf = path.join(path.dirname(crate.manifest_path), 'libbpf');
  // <bpf/bpf_helpers.h> as installed libbpf has it.
  const include = path.join(root, 'target/bpf-include');
  link(path.join(libbpf, 'src'), path.join(include, 'bpf'));
  const triple = execFileSync('gcc', ['-print-multiarch'], { encoding: 'utf8' }).trim();
  return [include, path.join(libbpf, 'include/uapi'), `/usr/include/${triple}`];
}

/**
 * Others may compile meanwhile: the link is there at every moment.
 * @param {string} target
 * @param {string} place
 */
function link(target, place) {
  mkdirSync(path.dirname(place), { recursive: true });
  if (existsSync(place) && readlinkSync(place) === target) return;
  const fresh = `${place}.${process.pid}`;
  symlinkSync(target, fresh);
  renameSync(fresh, place);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildBpf({ directory: process.cwd() });
