import { asNobody, machineAt, records } from '@probekit/core/testing';
import { afterAll, expect, inject, it } from 'vitest';
import { answer, bin, copyDoctor, inMounts, root } from '../fixtures/doctor.js';
import { complaints } from '../fixtures/schema.js';

const machine = await machineAt(inject('guest'));
/** A guest's files are open to everybody. */
const copy = machine.name === 'host' ? copyDoctor() : undefined;
const open = copy?.bin ?? bin;
afterAll(() => copy?.remove());

const profile = [process.execPath, `${root}/packages/profile/bin/profile.js`];

it('promises the plan that the tool takes', async () => {
  const given = answer(await machine.run([...bin, '--json', 'profile']));
  expect(complaints(given)).toEqual([]);
  const run = await machine.run([...profile, '--json', '0.5']);
  expect(records(run.stdout)[0]).toMatchObject({ type: 'meta', plan: given.tools[0]?.plan });
});

it('finds that BTF is hidden', async () => {
  const hidden = inMounts('mount --bind /dev/null /sys/kernel/btf/vmlinux');
  const finished = await machine.run([...hidden, ...bin, '--json', 'profile']);
  expect(finished.code).toBe(3);
  const [tool] = answer(finished).tools;
  expect(tool?.plans.map(({ missing }) => missing?.need)).toEqual(['btf', 'btf']);
});

/** 5.10 counts the memory of maps against RLIMIT_MEMLOCK; this machine's root may not even hold what raises it. */
const memory = /^5\.10\./.test(machine.kernel) ? ['SYS_RESOURCE'] : [];

/** What nobody with these capabilities is told, under a value of perf_event_paranoid. */
async function told(paranoid: number, held: readonly string[]) {
  const setting = '/proc/sys/kernel/perf_event_paranoid';
  const set = (value: string) => machine.run(['sh', '-c', `echo ${value} > ${setting}`]);
  const before = (await machine.read(setting)).trim();
  await set(String(paranoid));
  try {
    const command = [...asNobody(...held), ...open, '--json', 'profile'];
    const limited = ['sh', '-c', 'ulimit -l 64; exec "$@"', 'sh', ...command];
    const finished = await machine.run(limited);
    const plans = answer(finished).tools[0]?.plans ?? [];
    const clock = plans.find(({ name }) => name === 'cpu-clock');
    return { code: finished.code, ok: clock?.ok, lacking: clock?.missing?.capabilities };
  } finally {
    await set(before);
  }
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
