import { machineAt, records, startToolProcess } from '@probekit/core/testing';
import { afterAll, expect, inject, it } from 'vitest';
import { TOOLS } from '../../src/tools.js';
import { root, wordsOf } from '../fixtures/doctor.js';

const machine = await machineAt(inject('guest'));
const tools = startToolProcess(machine);
afterAll(async () => {
  tools.signal('SIGKILL');
  await tools.done;
});

/** BPF_F_MMAPABLE of linux/bpf.h: libbpf's own maps, of global variables. */
const MMAPABLE = 0x400;

it.each(Object.keys(TOOLS))('%s takes no more memory for its maps than it says', async (name) => {
  const tool = [process.execPath, `${root}/packages/${name}/bin/${name}.cjs`, ...wordsOf(name)];
  const explained = records((await tools.start([...tool, '--explain', '--json']).done).stdout)[0];
  const sizes = Object.values(explained?.maps as Record<string, { bytes: number }>);
  const running = tools.start([...tool, '--json']);
  await running.waitFor(/"type":"meta"/);
  // fdinfo: what 5.10 charges, and what later kernels reckon.
  const { stdout } = await machine.run([
    ...['sh', '-c', 'for fd in /proc/$1/fdinfo/*; do echo; cat $fd; done', 'sh'],
    String(running.pid),
  ]);
  running.signal('SIGINT');
  expect(await running.done).toMatchObject({ code: 0 });
  // A map can have several descriptors.
  const maps = new Map(
    stdout.split('\n\n').flatMap((text) => {
      const field = (key: string) => Number(new RegExp(`^${key}:\\s*(\\w+)`, 'm').exec(text)?.[1]);
      const isOurs = /^map_type:/m.test(text) && (field('map_flags') & MMAPABLE) === 0;
      return isOurs ? [[field('map_id'), field('memlock')] as const] : [];
    }),
  );
  expect(maps.size).toBe(sizes.length);
  const taken = [...maps.values()].reduce((sum, bytes) => sum + bytes, 0);
  const said = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThanOrEqual(said);
});
