import { asNobody, host } from '@probekit/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  answer,
  bin,
  type Copy,
  copyDoctor,
  difference,
  inMounts,
} from '../fixtures/doctor.js';

const TRACEFS = 'mount -t tracefs tracefs /sys/kernel/tracing';
/** What libbpf looks at first hides what is mounted beneath. */
const NO_DEBUGFS = '{ umount -l /sys/kernel/debug 2>/dev/null || true; }';
const NO_TRACEFS = `${NO_DEBUGFS} && { umount -l /sys/kernel/tracing 2>/dev/null || true; }`;

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
    expect(given.tools).toEqual(full.tools);
  });
});

describe('tracefs that is open to its owner alone', () => {
  let copy: Copy;
  beforeAll(() => {
    copy = copyDoctor();
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
      ...copy.bin,
      '--json',
    ]);
    const fact = answer(finished).facts.find(({ name }) => name === 'tracepoint');
    expect(fact?.missing?.capabilities).toEqual(lacking);
  });
});

describe('BTF', () => {
  const hidden = `${NO_TRACEFS} && ${TRACEFS} && mount --bind /dev/null /sys/kernel/btf/vmlinux`;

  it('that is hidden is missed with all that needs it, and no tool runs', async () => {
    const given = await asked(hidden);
    const reason = 'this kernel has no BTF in /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)';
    expect(given.facts.find(({ name }) => name === 'btf')?.missing?.why).toBe(reason);
    const gone = difference(full, given);
    expect(gone).toEqual(expect.arrayContaining(['btf', 'tracing']));
    // Those do not need it.
    for (const name of ['perf_event', 'raw_tracepoint', 'tracepoint', 'ring', 'kernel_symbols'])
      expect(gone).not.toContain(name);
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
        new URL(`../../../${tool}/bin/${tool}.js`, import.meta.url).pathname,
        '1',
      ]);
      expect(stderr).toMatch(/^\w+: cannot run here: .* \(CONFIG_DEBUG_INFO_BTF\)\n$/);
      expect(code).toBe(3);
    }
  });
});
