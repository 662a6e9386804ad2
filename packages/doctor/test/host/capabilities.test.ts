import { asNobody, host, type OpenCopy, openCopy, withSysctl } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, answer, bin, difference, root, wordsOf } from '../fixtures/doctor.js';
import { complaints } from '../fixtures/schema.js';

const ALL = ['BPF', 'PERFMON', 'SYSLOG', 'SYS_PTRACE', 'DAC_READ_SEARCH'];

let copy: OpenCopy;
let full: Answer;

beforeAll(async () => {
  copy = openCopy(host, root, 'doctor');
  full = answer(await asked(ALL));
});

afterAll(() => copy.remove());

/** What doctor says to nobody with exactly these capabilities. */
function asked(capabilities: readonly string[], ...args: string[]) {
  return host.run([...asNobody(...capabilities), ...copy.bin('doctor'), '--json', ...args]);
}

const without = (missing: string) => ALL.filter((name) => name !== missing);
const missingOf = (given: Answer, fact: string) =>
  given.facts.find(({ name }) => name === fact)?.missing;

describe('nobody', () => {
  it('with all of them can run every tool', async () => {
    const finished = await asked(ALL);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const given = answer(finished);
    expect(complaints(given)).toEqual([]);
    expect(given.tools.every(({ ok }) => ok)).toBe(true);
    expect([...given.capabilities.held].sort()).toEqual([...ALL].sort());
  });

  it.each(['BPF', 'PERFMON'])('without CAP_%s is told so, and so is the tool', async (name) => {
    const finished = await asked(without(name));
    expect(finished).toMatchObject({ code: 3, stderr: '' });
    const given = answer(finished);
    expect(complaints(given)).toEqual([]);
    expect(given.settings).toEqual(full.settings);
    for (const fact of difference(full, given))
      expect(missingOf(given, fact)?.capabilities).toEqual([name]);
    for (const { tool, plan, plans } of given.tools) {
      expect(plan).toBeNull();
      // The others are for other options.
      const suited = plans.filter(({ missing }) => missing?.need !== 'options');
      expect(suited).not.toEqual([]);
      for (const { missing } of suited) expect(missing?.capabilities).toEqual([name]);
      const run = await host.run([
        ...asNobody(...without(name)),
        ...copy.bin(tool),
        ...wordsOf(tool),
        ...['--duration', '1'],
      ]);
      expect(run.code).toBe(3);
      expect(run.stderr).toContain(suited.at(-1)?.missing?.why);
    }
  });

  it.each([
    ['SYSLOG', ['kernel_symbols']],
    ['SYS_PTRACE', ['other_processes']],
  ])('without CAP_%s is told of %j, and nothing else changes', async (name, facts) => {
    const [before, given] = await withSysctl(host, 'kernel.kptr_restrict', 1, async () => [
      answer(await asked(ALL)),
      answer(await asked(without(name))),
    ]);
    expect(difference(before, given)).toEqual(facts);
    expect(missingOf(given, facts[0] as string)?.capabilities).toEqual([name]);
    expect(given.tools).toEqual(before.tools);
  });

  it('without any is told what each fact needs', async () => {
    const given = answer(await asked([]));
    expect(given.capabilities.held).toEqual([]);
    expect(difference(full, given)).toContain('perf_event');
    expect(missingOf(given, 'perf_event')).toEqual({
      code: 'EPERM',
      why: 'needs CAP_BPF and CAP_PERFMON; run as root, or grant them',
      capabilities: ['BPF', 'PERFMON'],
    });
  });
});

describe('root of a user namespace', () => {
  it('is told that it is one, and of no other reason', async () => {
    const inside = ['unshare', '--user', '--map-root-user'];
    const finished = await host.run([...inside, ...bin, '--json']);
    expect(finished).toMatchObject({ code: 3, stderr: '' });
    const given = answer(finished);
    expect(complaints(given)).toEqual([]);
    expect(given.capabilities).toMatchObject({ held: [], user_namespace: true });
    const lacks = [...given.facts, ...given.tools.flatMap(({ plans }) => plans)].flatMap(
      ({ missing }) => (missing ? [missing] : []),
    );
    expect(lacks.length).toBeGreaterThan(10);
    for (const { code, why, capabilities } of lacks) {
      if (code !== 'EPERM' && code !== 'EACCES') continue;
      expect(capabilities.length).toBeGreaterThan(0);
      const needed = capabilities.map((name) => `CAP_${name}`).join(' and ');
      expect(why).toBe(`needs ${needed} outside of this user namespace; run as root of the host`);
    }
    const { stdout } = await host.run([...inside, ...bin]);
    expect(stdout).toMatch(/^capabilities {2}none outside of this user namespace$/m);
    const tool = [process.execPath, `${root}/packages/profile/bin/profile.cjs`, '1'];
    const run = await host.run([...inside, ...tool]);
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/ outside of this user namespace; run as root of the host\n$/);
  });
});

describe('settings', () => {
  it('kptr_restrict at 2 hides kernel symbols from root too, and nothing else', async () => {
    const asRoot = () => host.run([...bin, '--json']);
    const before = answer(await asRoot());
    const given = await withSysctl(host, 'kernel.kptr_restrict', 2, async () =>
      answer(await asRoot()),
    );
    expect(difference(before, given)).toEqual(['kernel_symbols']);
    expect(missingOf(given, 'kernel_symbols')).toMatchObject({
      why: 'kernel.kptr_restrict is 2, for root too; set it to 1',
      capabilities: [],
    });
  });
});
