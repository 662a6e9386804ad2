import {
  asNobody,
  machineAt,
  memoryCapabilities,
  openCopy,
  records,
  toolsInOneProcess,
  withSysctl,
} from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type Answer,
  answer,
  bin,
  difference,
  inMounts,
  isThere,
  NEED_BTF,
  NO_TRACEFS,
  root,
  TRACEFS,
  wordsOf,
} from '../fixtures/doctor.js';
import { complaints } from '../fixtures/schema.js';

const machine = await machineAt(inject('guest'));
const copy = openCopy(machine, root, 'doctor');
afterAll(() => copy.remove());

const asked = async (...before: string[]) =>
  answer(await machine.run([...before, ...bin, '--json']));

/** With tracefs, whatever the machine has. */
const full = await asked(...inMounts(`${NO_TRACEFS} && ${TRACEFS}`));

describe('what doctor promises', () => {
  const names = full.tools.map(({ tool }) => tool);
  let given: Answer;
  const tools = toolsInOneProcess(machine);
  beforeAll(async () => {
    given = answer(await machine.run([...bin, '--json', ...names]));
  });

  it('is what its schema says', () => expect(complaints(given)).toEqual([]));

  it.each(names)('%s keeps', async (name) => {
    const tool = [process.execPath, `${root}/packages/${name}/bin/${name}.cjs`, ...wordsOf(name)];
    const { code, stdout } = await tools.run([...tool, '--json', '--duration', '0.1']);
    expect(code).toBe(0);
    const [meta] = records(stdout);
    expect(meta?.type).toBe('meta');
    // What stands behind a comma depends on the options.
    const promised = given.tools.find(({ tool }) => tool === name)?.plan;
    expect(String(meta?.plan).split(',')[0]).toBe(promised);
  });
});

/** What each kernel of the matrix lacks; none has hardware counters in a guest. */
const LACKS: Readonly<Record<string, readonly string[]>> = {
  '5.10': ['kprobe_multi', 'uprobe_multi', 'cpu_cycles'],
  '6.1': ['kprobe_multi', 'uprobe_multi', 'cpu_cycles'],
  '6.12': ['cpu_cycles'],
  '7.x': ['cpu_cycles'],
};

describe('the facts', () => {
  // This host's kernel is anybody's.
  if (machine.name !== 'host') {
    it("of Debian's kernels are those they were built with", () => {
      const missing = full.facts.filter(({ ok }) => !ok).map(({ name }) => name);
      expect(missing).toEqual(LACKS[machine.name]);
    });
  }

  it('that need BTF are missing without it, and no other', async () => {
    for (const hide of [
      'mount --bind /dev/null /sys/kernel/btf/vmlinux',
      'mount -t tmpfs none /sys/kernel/btf',
    ]) {
      const given = await asked(...inMounts(`${NO_TRACEFS} && ${TRACEFS} && ${hide}`));
      expect(difference(full, given)).toEqual(NEED_BTF.filter((name) => isThere(full, name)));
      for (const { plan, plans } of given.tools) {
        expect(plan).toBeNull();
        // Plans for other options are that with BTF, too.
        const needs = plans
          .map(({ missing }) => missing?.need)
          .filter((need) => need !== 'options');
        expect(new Set(needs)).toEqual(new Set(['btf']));
      }
    }
  });

  it('that need tracefs are missing without it, and no other', async () => {
    const given = await asked(...inMounts(NO_TRACEFS));
    expect(difference(full, given)).toEqual(['tracepoint']);
  });
});

/** Root of this machine may not even hold what raises the limit. */
const memory = memoryCapabilities(machine);

/** What nobody with these capabilities is told, under a value of perf_event_paranoid. */
function told(paranoid: number, held: readonly string[]) {
  return withSysctl(machine, 'kernel.perf_event_paranoid', paranoid, async () => {
    const command = [...asNobody(...held), ...copy.bin('doctor'), '--json', 'profile'];
    const limited = ['sh', '-c', 'ulimit -l 64; exec "$@"', 'sh', ...command];
    const finished = await machine.run(limited);
    const plans = answer(finished).tools[0]?.plans ?? [];
    const clock = plans.find(({ name }) => name === 'cpu-clock');
    return { code: finished.code, ok: clock?.ok, lacking: clock?.missing?.capabilities };
  });
}

it('promises nobody with exactly what the plan states that it runs', async () => {
  expect(await told(2, ['BPF', 'PERFMON', ...memory])).toMatchObject({ code: 0, ok: true });
});

it.each([
  ['BPF', ['PERFMON', ...memory]],
  ['PERFMON', ['BPF', ...memory]],
  ...memory.map((name): [string, string[]] => [name, ['BPF', 'PERFMON']]),
])('names CAP_%s to nobody without it', async (name, held) => {
  expect(await told(2, held)).toEqual({ code: 3, ok: false, lacking: [name] });
});

it('names CAP_SYS_ADMIN where perf_event_paranoid of 3 asks for it, as Debian does', async () => {
  const { ok, lacking } = await told(3, ['BPF', 'PERFMON', ...memory]);
  // Other kernels know no such value.
  if (ok) expect(machine.name).toBe('host');
  else expect(lacking).toEqual(['SYS_ADMIN']);
});
