import { compileWorkload, host, sh } from '@probekit/core/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { workload } from '../fixtures/bin.js';
import { idle, loopDevice, type TestDevice } from '../fixtures/device.js';
import { type Traced, trace } from '../fixtures/run.js';

/** Each makes one request of three writes, since the third one joins the other two. */
const TRIPLES = 10;
const BYTES = 4096;
/** That wait in the scheduler beside them. */
const WAITING = 40;
/** How long nothing ends. */
const HELD = '0.2';
const program = compileWorkload(workload('merge'));

/** A loop device with a scheduler on a file of a file system, which can be frozen: then no write ends. */
let under: TestDevice;
let directory: string;
let device: string;
let name: string;
/** Requests that the device takes from its scheduler before it takes no more. */
let taken: number;

beforeAll(async () => {
  under = await loopDevice(host);
  directory = await sh(host, 'mktemp -d /tmp/biolatency-XXXXXX');
  device = await sh(
    host,
    `mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 "$1"; mount "$1" "$2"
    fallocate -l 32M "$2/file"; losetup -f --show "$2/file"`,
    under.path,
    directory,
  );
  name = device.replace('/dev/', '');
  await sh(host, 'echo mq-deadline > "/sys/block/$1/queue/scheduler"', name);
  taken = Number(await host.read(`/sys/block/${name}/mq/0/nr_tags`));
});
afterAll(async () => {
  await sh(host, 'losetup -d "$1"; umount "$2"; rmdir "$2"', device, directory);
  await under.remove();
});

/** Writes: requests that ended, what was merged into another before, bytes, and ms from allocation to end: fields 5 to 8. */
async function written() {
  const fields = (await host.read(`/sys/block/${name}/stat`)).trim().split(/\s+/).map(Number);
  const [, , , , requests = 0, merges = 0, sectors = 0, ms = 0] = fields;
  return { requests, merges, bytes: sectors * 512, ms };
}

/** What a run counts, and what the device does. */
async function merged(options: readonly string[]) {
  let truth = { requests: 0, merges: 0, bytes: 0, ms: 0 };
  const traced = await trace(host, [...options, '-d', name, '--size'], async () => {
    await idle(host, name);
    const before = await written();
    await sh(host, 'fsfreeze -f "$1"', directory);
    const writes = host.start([program, device, String(taken + WAITING), String(TRIPLES)]);
    try {
      await writes.waitFor(/^waiting$/m);
      await sh(host, 'sleep "$1"', HELD);
    } finally {
      await sh(host, 'fsfreeze -u "$1"', directory);
    }
    const { code, stdout, stderr } = await writes.done;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(`done ${taken + WAITING + 3 * TRIPLES}\n`);
    await idle(host, name);
    const after = await written();
    truth = {
      requests: after.requests - before.requests,
      merges: after.merges - before.merges,
      bytes: after.bytes - before.bytes,
      ms: after.ms - before.ms,
    };
  });
  // One for the write that joined a request, one for the request that this one then joined.
  expect(truth).toMatchObject({
    requests: taken + WAITING + TRIPLES,
    merges: 2 * TRIPLES,
    bytes: (taken + WAITING + 3 * TRIPLES) * BYTES,
  });
  return { traced, truth };
}

function expectAll({ summary, histograms }: Traced, stage?: string): void {
  expect(summary).toMatchObject({ reported: taken + WAITING + TRIPLES, in_flight: 0 });
  expect(Object.values(summary.lost).reduce((a, b) => a + b)).toBe(0);
  const own = histograms.filter(({ labels }) => labels.stage === stage);
  expect(own.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(
    (taken + WAITING + 3 * TRIPLES) * BYTES,
  );
}

/** In all stages; the device counts from the allocation, a little before the insertion. */
function expectTime({ histograms }: Traced, ms: number): void {
  const counted = histograms.reduce((all, { sum }) => all + sum, 0) / 1000;
  expect(counted).toBeGreaterThan(0.9 * ms);
  expect(counted).toBeLessThan(1.1 * ms);
}

it.each(['tp_btf', 'raw_tp'])(
  '%s: an inserted request that is merged is no event',
  async (plan) => {
    for (const option of ['-Q', '--split']) {
      const { traced, truth } = await merged([option, '--plan', plan]);
      expectAll(traced, option === '--split' ? 'device' : undefined);
      expectTime(traced, truth.ms);
      expect(traced.summary.quality.merged).toBe(TRIPLES);
    }
  },
);

it('without queue time it never was one', async () => {
  const { traced } = await merged([]);
  expectAll(traced);
  expect(traced.summary.quality.merged).toBe(0);
});
