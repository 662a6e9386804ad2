import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyPackages } from '../package-copy.js';
import { compileWorkload } from '../workload.js';
import type { Kernel } from './kernels.js';

/** What tests and workloads run beside the tools, from this machine's own packages. */
const PROGRAMS =
  `bash sh basename cat chmod chown cp cut date dd df dirname echo env expr false find grep head id kill ln ls mkdir mv
  nproc readlink rm rmdir script sed seq sleep sort stat stty sync tail taskset tee touch tr true uname uniq wc xargs
  blkdiscard blockdev bpftool dmsetup fallocate ip losetup lsmod mke2fs mkfs.ext4 modprobe mount nsenter prlimit
  setpriv tc umount unshare`.split(/\s+/);

/** Modules that tests load, with what each depends on. */
const MODULES =
  'brd dm-delay dm-mod ext4 loop mq-deadline null_blk overlay raid0 raid1 sch_netem scsi_debug sd_mod veth zram'.split(
    ' ',
  );

/** Sparse: what tests write goes to a scratch file that qemu drops. */
const SIZE = '2G';

export interface Image {
  readonly file: string;
  remove(): void;
}

/**
 * Builds the root file system of all guests from the checkout under `root`, as built: every package and the workloads
 * at the paths that they have here, this machine's Node and programs, the kernels' modules, and `more` files.
 */
export function buildImage(
  root: string,
  kernels: readonly Kernel[],
  more: readonly string[] = [],
): Image {
  const work = mkdtempSync(path.join(tmpdir(), 'probekit-image-'));
  const remove = () => rmSync(work, { recursive: true, force: true });
  // In a guest every user may read what is there.
  const umask = process.umask(0o022);
  try {
    const tree = path.join(work, 'root');
    plant(tree, root, kernels);
    for (const file of more) copyAt(file, tree);
    const file = path.join(work, 'root.ext4');
    // All of it written now: a guest that still writes its tables disturbs what tests count.
    const settings = 'root_owner=0:0,lazy_itable_init=0';
    execFileSync(located('mke2fs'), ['-q', '-t', 'ext4', '-d', tree, '-E', settings, file, SIZE]);
    rmSync(tree, { recursive: true });
    return { file, remove };
  } catch (error) {
    remove();
    throw error;
  } finally {
    process.umask(umask);
  }
}

/** All that the root file system holds. */
function plant(tree: string, root: string, kernels: readonly Kernel[]): void {
  mkdirSync(tree);
  for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'etc', 'mnt']) {
    mkdirSync(path.join(tree, name), { mode: name === 'tmp' ? 0o1777 : 0o755 });
  }
  writeFileSync(path.join(tree, 'etc/passwd'), readFileSync('/etc/passwd'));
  writeFileSync(path.join(tree, 'etc/group'), readFileSync('/etc/group'));
  writeFileSync(path.join(tree, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  for (const link of ['bin', 'sbin', 'lib', 'lib64']) copyLink(`/${link}`, tree);

  compileAgent(path.join(tree, 'init'));
  copyPrograms([process.execPath, ...PROGRAMS.map(located)], tree);
  copyPackages(root, toolsOf(root), path.join(tree, root));
  linkCommands(toolsOf(root), tree);
  for (const program of workloadsOf(root).map((source) => compileWorkload(source))) {
    copyAt(program, tree);
    copyPrograms([program], tree);
  }
  for (const { modules } of kernels) copyModules(modules, tree);
}

function compileAgent(program: string): void {
  const directory = fileURLToPath(new URL('../../../src/testing/vm/agent/', import.meta.url));
  const sources = readdirSync(directory).filter((name) => name.endsWith('.c'));
  execFileSync('gcc', ['-O2', '-Wall', '-static', '-o', program, ...sources], { cwd: directory });
}

/** What is built of packages and examples; native comes with them, as a dependency. */
function toolsOf(root: string): string[] {
  return ['packages', 'examples']
    .flatMap((top) => readdirSync(path.join(root, top)).map((name) => path.join(root, top, name)))
    .filter((directory) => existsSync(path.join(directory, 'dist')));
}

/** The packages' commands by their names, as an installed package has them. */
function linkCommands(directories: readonly string[], tree: string): void {
  const to = path.join(tree, 'usr/local/bin');
  mkdirSync(to, { recursive: true });
  for (const directory of directories) {
    const manifest = readFileSync(path.join(directory, 'package.json'), 'utf8');
    const { bin = {} } = JSON.parse(manifest) as { bin?: Record<string, string> };
    for (const [name, file] of Object.entries(bin)) {
      symlinkSync(path.join(directory, file), path.join(to, name));
    }
  }
}

/** The C programs that tests run. */
function workloadsOf(root: string): string[] {
  return [path.join(root, 'native'), ...toolsOf(root)]
    .map((directory) => path.join(directory, 'test/workloads'))
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => readdirSync(directory).map((name) => path.join(directory, name)))
    .filter((file) => file.endsWith('.c'));
}

function located(program: string): string {
  const places = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  const place = places.find((directory) => existsSync(path.join(directory, program)));
  if (place === undefined) throw new Error(`no ${program} on this machine; npm test installs it`);
  return path.join(place, program);
}

/** Copies programs and the libraries that each is linked to, links resolved. */
function copyPrograms(programs: readonly string[], tree: string): void {
  for (const program of programs) copyAt(program, tree);
  // It fails for scripts and static programs, and goes on with the next.
  const said = execFileSync(
    'sh',
    ['-c', 'for file; do ldd "$file" 2>/dev/null; done; true', 'sh', ...programs],
    {
      encoding: 'utf8',
    },
  );
  for (const [library] of said.matchAll(/\/\S+\.so\S*/g)) copyAt(library, tree);
}

/** A file to where it lies here; a link to a program becomes that program. */
function copyAt(file: string, tree: string): void {
  const to = path.join(tree, file);
  if (existsSync(to)) return;
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(realpathSync(file), to);
}

function copyLink(link: string, tree: string): void {
  const to = path.join(tree, link);
  const target = readlinkSync(link);
  mkdirSync(path.join(tree, target), { recursive: true });
  symlinkSync(target, to);
}

/** A kernel's list of modules, and those of MODULES that are none of its built-in ones. */
function copyModules(from: string, tree: string): void {
  const to = path.join(tree, 'lib/modules', path.basename(from));
  mkdirSync(to, { recursive: true });
  const lists = readdirSync(from).filter((name) => name.startsWith('modules.'));
  for (const name of lists) copyFileSync(path.join(from, name), path.join(to, name));
  const lines = readFileSync(path.join(from, 'modules.dep'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const [module = '', ...needed] = line.replace(':', '').trim().split(' ');
    if (!MODULES.includes(path.basename(module).replace(/\.ko.*/, ''))) continue;
    for (const file of [module, ...needed]) cpSync(path.join(from, file), path.join(to, file));
  }
}
