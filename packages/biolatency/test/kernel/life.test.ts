import { biolatency } from '@probekit/biolatency';
import type { Summary } from '@probekit/core';
import { machineAt, sh } from '@probekit/core/testing';
import { describe, expect, inject, it } from 'vitest';
import { difference, ended, idle, loopDevice } from '../fixtures/device.js';
import { counted, io, labelled, trace, traceOnce } from '../fixtures/run.js';

const guest = inject('guest');
const machine = await machineAt(guest);

const NO_SCSI_DISK = 'this kernel has no SCSI disk in memory (scsi_debug)';

/** A SCSI disk in memory, with module parameters. */
async function withScsiDisk(parameters: string, body: (name: string) => Promise<void>) {
  await sh(machine, `modprobe sd_mod; modprobe scsi_debug dev_size_mb=64 ${parameters}`);
  try {
    const name = await sh(
      machine,
      'n=0; while ! ls /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block 2>/dev/null; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done',
    );
    await idle(machine, name);
    await body(name);
  } finally {
    await sh(machine, 'modprobe -r scsi_debug');
  }
}

/** Reads that ended, and ms from their allocation to their end: fields 1 and 4 of the device's statistics. */
async function reads(name: string) {
  const fields = (await machine.read(`/sys/block/${name}/stat`)).trim().split(/\s+/).map(Number);
  const [count = 0, , , ms = 0] = fields;
  return { count, ms };
}

describe('the life of a request', () => {
  it('goes on through requeues', async ({ skip }) => {
    skip(guest === null, NO_SCSI_DISK);
    // Each seventh command finds its host busy (SDEBUG_OPT_HOST_BUSY), and waits until its queue was run seven times more.
    await withScsiDisk('opts=0x8000 every_nth=7 delay=0', async (name) => {
      for (const stage of [undefined, 'device']) {
        let truth = { count: 0, ms: 0 };
        const options = ['-d', name, '-F', ...(stage ? ['--split'] : [])];
        const traced = await trace(machine, options, async () => {
          const before = await reads(name);
          await io(machine, `/dev/${name}`, 'read', { count: 60 });
          await idle(machine, name);
          const after = await reads(name);
          truth = { count: after.count - before.count, ms: after.ms - before.ms };
        });
        expect(traced.summary.quality.requeued).toBeGreaterThan(10);
        const wanted = { flags: /Read$/, stage };
        expect(counted(traced, wanted)).toBe(truth.count);
        expect(traced.summary.lost.no_end).toBe(0);
        // From the first issue on. The device counts from the allocation, which is hardly earlier; from the last issue on
        // there is next to nothing.
        const us = labelled(traced, wanted).reduce((all, { sum }) => all + sum, 0);
        expect(us / 1000).toBeGreaterThan(0.5 * truth.ms);
        expect(us / 1000).toBeLessThan(1.1 * truth.ms);
      }
    });
  });

  it('goes on after a part of it is done', async ({ skip }) => {
    skip(guest === null, NO_SCSI_DISK);
    // Each fifth command transfers less than it should (SDEBUG_OPT_SHORT_TRANSFER).
    await withScsiDisk('opts=0x100 every_nth=5 delay=0', async (name) => {
      // The records of tracepoints tell a part by its size alone.
      for (const plan of ['tp_btf', 'tracepoint']) {
        let truth = 0;
        const traced = await trace(machine, ['-d', name, '-F', '--plan', plan], async () => {
          const before = await ended(machine, name);
          await io(machine, `/dev/${name}`, 'read', { bytes: 65536, count: 200 });
          await idle(machine, name);
          truth = difference(await ended(machine, name), before).reads;
        });
        expect(traced.summary.quality.parts).toBeGreaterThan(0);
        expect(counted(traced, { flags: /Read$/ })).toBe(truth);
        expect(traced.summary.lost.no_end).toBe(0);
        expect(traced.summary.unmatched_ends).toBe(0);
      }
    });
  });
});

/** Events of a run that ends when it has begun, and adds up. */
async function attachedOnce(disk: string, queued: boolean): Promise<number> {
  if (guest) {
    const options = ['-d', disk, queued ? '-Q' : '-D'];
    return (await traceOnce(machine, options, async () => {})).summary.events;
  }
  // A process each would take longer to start than to attach.
  const stop = new AbortController();
  let summary: Summary | undefined;
  for await (const report of biolatency(
    { disk, queued, disks: !queued },
    { signal: stop.signal },
  )) {
    if (report.type === 'meta') stop.abort();
    else if (report.type === 'summary') summary = report;
  }
  if (!summary) throw new Error('no summary');
  const { events, reported, belowThreshold, inFlight, lost } = summary;
  const losses = Object.values(lost).reduce((a, b) => a + b);
  expect(reported + belowThreshold + inFlight + losses).toBe(events);
  return events;
}

describe('attaching and detaching amid I/O', () => {
  const times = guest ? 3 : 200;

  it(`adds up ${times} times`, async () => {
    const device = await loopDevice(machine, 'mq-deadline');
    try {
      const busy = new AbortController();
      const writers = (async () => {
        while (!busy.signal.aborted) {
          await io(machine, device.path, 'write', { count: 500, threads: 16 });
        }
      })();
      let events = 0;
      for (let i = 0; i < times; i++) events += await attachedOnce(device.name, i % 2 === 1);
      expect(events).toBeGreaterThan(0);
      busy.abort();
      await writers;
    } finally {
      await device.remove();
    }
  }, 400_000);
});
