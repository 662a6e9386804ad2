import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  asNobody,
  compileWorkload,
  type Finished,
  host,
  records,
  type Started,
  withSysctl,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, workload } from '../fixtures/bin.js';
import { type Copy, copyProfile } from '../fixtures/copy.js';

let copy: Copy;
let bare: Copy;
let readOnly: string;

beforeAll(() => {
  copy = copyProfile();
  bare = copyProfile();
  for (const file of readdirSync(path.join(bare.directory, 'native'))) {
    if (file.endsWith('.node')) rmSync(path.join(bare.directory, 'native', file));
  }
  readOnly = mkdtempSync(path.join(tmpdir(), 'profile-'));
  chmodSync(readOnly, 0o555);
});

afterAll(() => {
  copy.remove();
  bare.remove();
  rmSync(readOnly, { recursive: true });
});

const inMounts = (script: string) => ['unshare', '-m', 'sh', '-c', `${script} && exec "$@"`, 'sh'];

interface BadUse {
  readonly name: string;
  readonly command: () => readonly string[];
  readonly code: number;
  readonly line: RegExp;
}

const misuses: BadUse[] = [
  {
    name: 'not root',
    command: () => [...asNobody(), ...copy.bin, '1'],
    code: 3,
    line: /^profile: cannot run here: .* needs CAP_BPF and CAP_PERFMON; run as root, or grant them$/,
  },
  {
    name: 'an unknown option',
    command: () => [...bin, '--freqency', '99', '1'],
    code: 2,
    line: /^profile: unknown option --freqency; did you mean --frequency\?$/,
  },
  {
    name: 'an unknown letter',
    command: () => [...bin, '-u', '1'],
    code: 2,
    line: /^profile: unknown option -u; did you mean -U \(--user\)\?$/,
  },
  {
    name: '-F abc',
    command: () => [...bin, '-F', 'abc'],
    code: 2,
    line: /^profile: --frequency must be a whole number, not "abc"$/,
  },
  {
    name: '-F 0',
    command: () => [...bin, '-F', '0'],
    code: 2,
    line: /^profile: --frequency must be from 1 to 100000, not 0$/,
  },
  {
    name: '-F 10000000',
    command: () => [...bin, '-F', '10000000'],
    code: 2,
    line: /^profile: --frequency must be from 1 to 100000, not 10000000$/,
  },
  {
    name: '-U with -K',
    command: () => [...bin, '-U', '-K', '1'],
    code: 2,
    line: /^profile: -U and -K exclude each other$/,
  },
  {
    name: '-p with -L',
    command: () => [...bin, '-p', '1', '-L', '1', '1'],
    code: 2,
    line: /^profile: -p and -L exclude each other$/,
  },
  {
    name: '-F with -c',
    command: () => [...bin, '-F', '49', '-c', '1000000', '1'],
    code: 2,
    line: /^profile: -F and -c exclude each other$/,
  },
  {
    name: 'a period that the kernel would lengthen',
    command: () => [...bin, '-c', '9999', '1'],
    code: 2,
    line: /^profile: --count must be from 10000 to \d+, not 9999$/,
  },
  {
    name: '-A with -f',
    command: () => [...bin, '-A', '-f', '1'],
    code: 2,
    line: /^profile: -A is for text: leave out -f and -a, or use --json$/,
  },
  {
    name: 'a thread that is not there',
    command: () => [...bin, '-L', '4194304', '1'],
    code: 1,
    line: /^profile: no thread 4194304; ps -eL lists those that run$/,
  },
  {
    name: 'a CPU that is not there',
    command: () => [...bin, '-C', '65535', '1'],
    code: 1,
    line: /^profile: no CPU 65535; online are 0(, \d+)*$/,
  },
  {
    name: 'a pid that is not there',
    command: () => [...bin, '-p', '4194304', '1'],
    code: 1,
    line: /^profile: no process 4194304; ps -e lists those that run$/,
  },
  {
    name: 'the id of a thread',
    command: () => [...bin, '-p', String(threadOf(process.pid)), '1'],
    code: 1,
    line: /^profile: (\d+) is a thread of process (\d+): use \2$/,
  },
  {
    name: 'an output in a directory without permission',
    command: () => [...asNobody(), ...copy.bin, '-o', path.join(readOnly, 'x'), '1'],
    code: 1,
    line: /^profile: cannot write "\S+": EACCES: no permission to write in "\S+"; name another$/,
  },
  {
    name: 'an output on a read-only file system',
    command: () => [
      ...inMounts('mount -t tmpfs -o ro none /mnt'),
      ...bin,
      ...['-o', '/mnt/stacks', '1'],
    ],
    code: 1,
    line: /^profile: cannot write "\/mnt\/stacks": EROFS: "\/mnt" is on a read-only file system; name another$/,
  },
  {
    name: 'an output in a directory that is not there',
    command: () => [...bin, '-o', '/nowhere/stacks', '1'],
    code: 1,
    line: /^profile: cannot write "\/nowhere\/stacks": ENOENT: no directory "\/nowhere" that takes files; name another$/,
  },
  {
    name: 'an output that is a directory',
    command: () => [...bin, '-o', '/tmp', '1'],
    code: 1,
    line: /^profile: cannot write "\/tmp": it is a directory; name a file$/,
  },
  {
    name: 'a path longer than a line',
    command: () => [...bin, '-o', `/nowhere/${'x'.repeat(200)}`, '1'],
    code: 1,
    line: /^profile: cannot write "\/nowhere\/x+ \.\.\. .*; name another$/,
  },
  {
    name: 'a kernel without BTF',
    command: () => [...inMounts('mount -t tmpfs none /sys/kernel/btf'), ...bin, '1'],
    code: 3,
    line: /^profile: cannot run here: .*no BTF in \/sys\/kernel\/btf\/vmlinux \(CONFIG_DEBUG_INFO_BTF\)$/,
  },
  {
    name: 'another system than Linux',
    command: () => [process.execPath, '--import', pretend('darwin'), ...bin.slice(1), '1'],
    code: 3,
    line: /^profile: eBPF needs Linux, and this is darwin$/,
  },
  {
    name: 'no add-on',
    command: () => [...bare.bin, '1'],
    code: 1,
    line: /^profile: probekit's native add-on for \S+ did not load: install it .*, or build it .*$/,
  },
];

function pretend(platform: string): string {
  return `data:text/javascript,Object.defineProperty(process,'platform',{value:'${platform}'})`;
}

function threadOf(pid: number): number {
  const thread = readdirSync(`/proc/${pid}/task`).map(Number);
  return thread.find((id) => id !== pid) as number;
}

describe.each(misuses)('$name', ({ command, code, line }) => {
  it('is one line that names the way out, and a record with --json', async () => {
    const [plain, json] = await Promise.all([
      host.run(command()),
      host.run([...command(), '--json']),
    ]);
    expect(plain.stderr.match(/\n/g)).toHaveLength(1);
    const said = plain.stderr.trimEnd();
    expect(said).toMatch(line);
    expect(said).toMatch(/^profile: ["a-z0-9-]/);
    expect(said.length).toBeLessThanOrEqual(160);
    expect(plain).toMatchObject({ code, signal: null, stdout: '' });

    expect(json.code).toBe(code);
    expect(json.stderr).toBe(plain.stderr);
    const printed = records(json.stdout);
    // With -o the records belong to the file, which does not appear.
    if (command().includes('-o')) expect(printed).toEqual([]);
    else expect(printed).toMatchObject([{ type: 'error', exit: code }]);
  });
});

describe('a frequency above what the kernel allows', () => {
  it('is one line that names the setting', async () => {
    const finished = await withSysctl(host, 'kernel.perf_event_max_sample_rate', 1000, () =>
      host.run([...bin, '-F', '2000', '1']),
    );
    expect(finished).toMatchObject({ code: 3, stdout: '' });
    expect(finished.stderr).toBe(
      'profile: this kernel allows 1000 Hz, not 2000: lower -F, or raise kernel.perf_event_max_sample_rate\n',
    );
  });
});

describe('too few open files', () => {
  const limited = (files: number, ...args: string[]) => {
    const shell = ['sh', '-c', `ulimit -n ${files} && exec "$@"`, 'sh'];
    return host.run([...shell, ...bin, ...args]);
  };

  it('is one line that names the limit, wherever they run out', async () => {
    let files = 16;
    while ((await limited(files, '--version')).code !== 0) files += 2;
    const refusals: string[] = [];
    for (let run = await limited(files, '0.1'); run.code !== 0; run = await limited(files, '0.1')) {
      expect(run.stdout).toBe('');
      expect(run.stderr).toMatch(/^(Sampling .*\n)?profile: [^\n]{1,151}\n$/);
      expect(run.stderr).toMatch(/EMFILE/);
      expect(run.stderr).not.toMatch(/internal error/);
      refusals.push(run.stderr);
      files += 1;
    }
    expect(refusals.join('')).toMatch(
      /EMFILE: too many open files; raise the limit with ulimit -n/,
    );
  });
});

describe('without the add-on', () => {
  it('--help and --version answer', async () => {
    const help = await host.run([...bare.bin, '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^profile \[options\] \[duration\]\n/);
    expect(help.stdout).toBe((await host.run([...bin, '--help'])).stdout);
    const version = await host.run([...bare.bin, '--version']);
    expect(version).toMatchObject({ code: 0, stdout: 'profile 0.1.0\n', stderr: '' });
  });
});

describe('10 MB of stacks', () => {
  let spinner: Started;

  beforeAll(async () => {
    spinner = host.start([compileWorkload(workload('many-stacks')), '2']);
    await spinner.waitFor(/spinning/);
  });

  afterAll(async () => {
    spinner.signal('SIGKILL');
    await spinner.done;
  });

  const room = ['--stack-storage-size=65536'];

  /** Ends as the tool ends. */
  function piped(reader: string, ...args: string[]): Promise<Finished> {
    const tool = [...bin, '-F', '4999', '-p', String(spinner.pid), '1', ...room, ...args];
    const script = `"$@" | ${reader}; exit \${PIPESTATUS[0]}`;
    return host.run(['bash', '-c', script, 'bash', ...tool]);
  }

  it('end well when the reader goes away', async () => {
    const { code, stdout, stderr } = await piped('head -1', '-f');
    expect(stdout).toMatch(/^many-stacks;.* \d+\n$/);
    expect(stderr).toMatch(
      /^Sampling at 4999 Hertz of pid \d+ by user \+ kernel stack for 1 secs.\n(profile: (stacks:|pid|lost of) .*\n)*$/,
    );
    expect(code).toBe(0);
  });

  const slow = `${process.execPath} -e '
    const { stdin, stdout } = process;
    stdin.on("data", (chunk) => { stdout.write(chunk); stdin.pause(); setTimeout(() => stdin.resume(), 1); });
  '`;

  it('arrive whole at a slow reader', async () => {
    const { code, stdout } = await piped(slow, '--json');
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(10_000_000);
    const printed = records(stdout);
    expect(printed[0]?.type).toBe('meta');
    const counts = printed.filter(({ type }) => type === 'stack').map(({ count }) => Number(count));
    const summary = printed.at(-1);
    expect(summary?.type).toBe('summary');
    expect(counts.reduce((a, b) => a + b)).toBe(summary?.reported);
  });
});
