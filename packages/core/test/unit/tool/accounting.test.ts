import { describe, expect, it, vi } from 'vitest';
import type { LinkInfo, ProgramInfo } from '../../../src/native.js';
import { LOSSES } from '../../../src/report.js';
import { takeAccount } from '../../../src/tool/accounting.js';
import { KEY_ZERO, MEMBER_OF, type Stats, statsBytes } from '../../fixtures/latency.js';
import { loadedObject } from '../../fixtures/loaded-object.js';

vi.mock('../../../src/native.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../fixtures/current-kernel.js')).mockedNative,
}));

const PROGRAM = {
  name: 'start',
  loaded: true,
  type: 'tracing',
  recursionMisses: 0,
  runCount: 0,
  runTimeNs: 0,
};

interface Given {
  readonly starts?: number;
  readonly maxEntries?: number;
  readonly programs?: Partial<ProgramInfo>[];
  readonly link?: Partial<LinkInfo>;
  readonly inFlight?: readonly string[];
  readonly overhead?: boolean;
}

async function account(cpus: Partial<Stats>[], given: Given = {}) {
  const {
    programs = [PROGRAM],
    link = {},
    inFlight = ['starts'],
    overhead = false,
    ...size
  } = given;
  const { kernel, object } = await loadedObject(size);
  kernel.programs = programs;
  kernel.links = link;
  kernel.put('stats', KEY_ZERO, statsBytes(...cpus));
  await object.attach('start');
  await object.detach();
  return takeAccount(object, { inFlight, overhead });
}

describe('the account', () => {
  it('adds up the CPUs, each figure under its own name', async () => {
    const members = [
      'events',
      'belowThreshold',
      'unmatchedEnds',
      ...LOSSES.map((loss) => MEMBER_OF[loss]),
    ] as const;
    const first = Object.fromEntries(members.map((member, i) => [member, 2 ** i]));
    const second = Object.fromEntries(members.map((member, i) => [member, 1000 * 2 ** i]));
    const { events, belowThreshold, unmatchedEnds, lost } = await account([first, {}, second]);
    expect({ events, belowThreshold, unmatchedEnds }).toEqual({
      events: 1001,
      belowThreshold: 2002,
      unmatchedEnds: 4004,
    });
    expect(lost).toEqual({
      map_full: 8008,
      map_busy: 16016,
      ring_full: 32032,
      ring_busy: 64064,
      no_end: 128128,
      async_not_timed: 256256,
    });
  });

  it('holds the equation when every start ended somewhere', async () => {
    const reported = 7;
    const { events, belowThreshold, inFlight, lost } = await account(
      [
        { events: 10, belowThreshold: 2, lostRingFull: 1 },
        { events: 5, lostNoEnd: 1, lostMapFull: 1 },
      ],
      { starts: 3 },
    );
    const sum = Object.values(lost).reduce((total, count) => total + count, 0);
    expect(inFlight).toBe(3);
    expect(events).toBe(reported + belowThreshold + inFlight + sum);
  });

  it('names each map of starts with its use, and no array', async () => {
    expect((await account([{}], { starts: 3, maxEntries: 10 })).maps).toEqual({
      starts: { usedMax: 3, max: 10 },
    });
  });

  it('knows nothing in flight where no map holds starts', async () => {
    expect(await account([{}], { starts: 3, inFlight: [] })).toMatchObject({
      inFlight: 0,
      maps: { starts: { usedMax: 3 } },
    });
  });

  it('counts nothing where the kernel has no CPU', async () => {
    expect(await account([])).toMatchObject({ events: 0, lost: { ring_full: 0 } });
  });

  it('counts the starts that are open at the end, and the most that ever were', async () => {
    const { kernel, object } = await loadedObject({ starts: 3 });
    kernel.put('stats', KEY_ZERO, statsBytes({}));
    await object.maps.starts.snapshot();
    object.maps.starts.delete(1);
    expect(await takeAccount(object, { inFlight: ['starts'], overhead: false })).toMatchObject({
      inFlight: 2,
      maps: { starts: { usedMax: 3 } },
    });
  });

  it('counts starts in a map of any type', async () => {
    const { kernel, object } = await loadedObject();
    kernel.put('stats', KEY_ZERO, statsBytes({}));
    kernel.put('latencies', KEY_ZERO, Buffer.alloc(8));
    expect(await takeAccount(object, { inFlight: ['latencies'], overhead: false })).toMatchObject({
      inFlight: 1,
    });
  });
});

describe('missed', () => {
  const missed = async (given: Given) => (await account([{}], given)).missed;

  it.each([
    [
      'the sum over loaded programs',
      [
        { ...PROGRAM, recursionMisses: 2 },
        { ...PROGRAM, recursionMisses: 3 },
      ],
      {},
      5,
    ],
    [
      'null where one program cannot tell',
      [
        { ...PROGRAM, recursionMisses: 2 },
        { ...PROGRAM, recursionMisses: null },
      ],
      {},
      null,
    ],
    [
      'no matter of a program that is not loaded',
      [PROGRAM, { ...PROGRAM, loaded: false, recursionMisses: null }],
      {},
      0,
    ],
    ['with those of a kprobe link', [PROGRAM], { kind: 'kprobe', missed: 4 }, 4],
    ['null where a link cannot tell', [PROGRAM], { kind: 'tracepoint', missed: null }, null],
    ['known for a link that has none beside its program', [PROGRAM], { missed: 0 }, 0],
  ])('is %s', async (_, programs, link, expected) =>
    expect(await missed({ programs, link })).toBe(expected),
  );
});

describe('--overhead', () => {
  const programs = [
    { ...PROGRAM, runCount: 4, runTimeNs: 1000 },
    { ...PROGRAM, name: 'end', runCount: 0, runTimeNs: 0 },
    { ...PROGRAM, name: 'other', loaded: false, runCount: 9 },
  ];

  it('says what each loaded program cost', async () => {
    const { programs: cost } = await account([{}], { programs, overhead: true });
    expect(cost).toEqual({ start: { runs: 4, meanNs: 250 }, end: { runs: 0, meanNs: 0 } });
  });

  it('counts copies of a program, which a link made, with it', async () => {
    const link = { copies: { runCount: 6, runTimeNs: 2000 } };
    const { programs: cost } = await account([{}], { programs, link, overhead: true });
    expect(cost?.start).toEqual({ runs: 10, meanNs: 300 });
  });

  it('is left out unless asked for', async () => {
    expect(await account([{}], { programs })).not.toHaveProperty('programs');
  });
});
