import { asNobody, host, type OpenCopy, openCopy } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const asked = async (script: string): Promise<Answer> => {
  const finished = await host.run([...inMounts(script), ...bin, '--json']);
  expect(finished.stderr).toBe('');
  return answer(finished);
};

/** As here, with tracefs. */
let full: Answer;

beforeAll(async () => {
  full = await asked(`${NO_TRACEFS} && ${TRACEFS}`);
});

describe('tracefs', () => {
  it('that is mounted is found', () => {
    expect(full.facts.find(({ name }) => name === 'tracepoint')).toMatchObject({ ok: true });
  });

  it('that is not mounted is missed, with the command that mounts it, and nothing else', async () => {
    const given = await asked(NO_TRACEFS);
    expect(difference(full, given)).toEqual(['tracepoint']);
    expect(given.facts.find(({ name }) => name === 'tracepoint')?.missing).toEqual({
      code: 'ENOENT',
      why: `tracefs is not mounted; ${TRACEFS}`,
      capabilities: [],
    });
    for (const [i, { plan, plans }] of given.tools.entries()) {
      const before = full.tools[i];
      expect(plan).toBe(before?.plan);
      for (const [j, { ok, missing }] of plans.entries())
        if (missing?.need !== 'tracepoint') expect(ok).toBe(before?.plans[j]?.ok);
    }
  });
});

describe('tracefs that is open to its owner alone', () => {
  let copy: OpenCopy;
  beforeAll(() => {
    copy = openCopy(host, root, 'doctor');
  });
  afterAll(() => copy.remove());

  it.each([
    [['BPF', 'PERFMON', 'DAC_READ_SEARCH'], undefined],
    [['BPF', 'PERFMON'], ['DAC_READ_SEARCH']],
    [['BPF', 'DAC_READ_SEARCH'], ['PERFMON']],
  ])('with %j lacks %j', async (capabilities, lacking) => {
    const finished = await host.run([
      ...inMounts(`${NO_TRACEFS} && mount -t tracefs -o mode=700 tracefs /sys/kernel/tracing`),
      ...asNobody(...capabilities),
      ...copy.bin('doctor'),
      '--json',
    ]);
    const fact = answer(finished).facts.find(({ name }) => name === 'tracepoint');
    expect(fact?.missing?.capabilities).toEqual(lacking);
  });
});

describe.each([
  ['/dev/null in its place', 'mount --bind /dev/null /sys/kernel/btf/vmlinux'],
  ['an empty directory in its place', 'mount -t tmpfs none /sys/kernel/btf'],
])('BTF with %s', (_, hide) => {
  const hidden = `${NO_TRACEFS} && ${TRACEFS} && ${hide}`;
  const reason = 'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)';

  it('is missed with all that needs it and nothing else, and no tool runs', async () => {
    const given = await asked(hidden);
    for (const { name, ok, missing } of given.facts) {
      if (NEED_BTF.includes(name))
        expect({ name, why: missing?.why }).toEqual({ name, why: reason });
      else expect({ name, ok }).toEqual({ name, ok: isThere(full, name) });
    }
    for (const { plan, plans } of given.tools) {
      expect(plan).toBeNull();
      expect(plans.map(({ missing }) => missing?.why)).toContain(reason);
    }
  });

  it('is what the tool asks for too', async () => {
    for (const { tool } of full.tools) {
      const { code, stderr } = await host.run([
        ...inMounts(hidden),
        process.execPath,
        `${root}/packages/${tool}/bin/${tool}.cjs`,
        ...wordsOf(tool),
        ...['--duration', '1'],
      ]);
      expect(stderr).toMatch(/^\w+: cannot run here: .* \(CONFIG_DEBUG_INFO_BTF\)\n$/);
      expect(code).toBe(3);
    }
  });
});
