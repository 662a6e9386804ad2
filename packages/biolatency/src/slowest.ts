import {
  CgroupPaths,
  type Column,
  type Rows,
  rows,
  type TypedObject,
  waitForPrograms,
} from '@probekit/core';
import type { Slowest, skeleton } from './biolatency.gen.js';
import type { DiskNames } from './disks.js';
import { flagsText } from './flags.js';

/** Records of one epoch (DEPTHS of slowest.bpf.h). */
const DEPTHS = 4;

interface Exemplar extends Slowest {
  readonly time: Date;
}

/** The slowest I/O of each interval. */
export class SlowestOfInterval {
  private epoch = 0;
  private readonly cgroups = new CgroupPaths('io');
  private readonly columns: readonly Column<Exemplar>[];

  constructor(
    private readonly object: TypedObject<typeof skeleton>,
    disks: DiskNames,
  ) {
    const name = ({ origin }: Exemplar) => this.cgroups.get(origin.cgroup) ?? null;
    this.columns = [
      { key: 'time', header: 'TIME', width: -9, get: iso, format: clock },
      { key: 'pid', header: 'PID', width: -7, get: ({ origin }) => origin.pid },
      { key: 'tid', header: 'TID', width: -7, get: ({ origin }) => origin.tid },
      { key: 'comm', header: 'COMM', width: -16, get: ({ origin }) => origin.comm },
      { key: 'disk', header: 'DISK', width: -10, get: ({ disk }) => disks.get(disk) },
      { key: 'flags', header: 'FLAGS', width: -12, get: ({ flags }) => flagsText(flags) },
      { key: 'sector', header: 'SECTOR', width: -11, get: ({ origin }) => sector(origin.sector) },
      { key: 'bytes', header: 'BYTES', width: -8, get: ({ origin }) => origin.bytes },
      {
        key: 'latency_ms',
        header: 'LAT(ms)',
        width: 8,
        get: ({ latencyNs }) => latencyNs / 1e6,
        format: ({ latencyNs }) => (latencyNs / 1e6).toFixed(3),
      },
      { key: 'cgroup', header: 'CGROUP', width: -1, get: name },
    ];
  }

  /** What was kept since the last call; undefined when nothing ended. */
  async next(time: Date, fields: Parameters<typeof rows>[2]): Promise<Rows | undefined> {
    const { epoch: current, slowest } = this.object.maps;
    const over = this.epoch++;
    current.set(0, this.epoch);
    await waitForPrograms();
    const keys = Array.from({ length: DEPTHS }, (_, depth) => (over % 2) * DEPTHS + depth);
    const kept = keys
      .flatMap((key) => slowest.perCpu(key))
      .filter(({ epoch, latencyNs }) => epoch === over && latencyNs > 0)
      .sort((a, b) => b.latencyNs - a.latencyNs)[0];
    if (!kept) return undefined;
    const exemplar = { ...kept, time };
    return rows(fitted(this.columns, exemplar), [exemplar], { ...fields, events: 0 });
  }
}

/** As wide as the row needs them: it stands alone under its header. */
function fitted(columns: readonly Column<Exemplar>[], row: Exemplar): Column<Exemplar>[] {
  return columns.map((column) => {
    const { length } = column.format?.(row) ?? String(column.get(row) ?? '-');
    return { ...column, width: Math.sign(column.width) * Math.max(Math.abs(column.width), length) };
  });
}

/** -1 is a flush's, which has none. */
function sector(value: number): number | null {
  return value >= 2 ** 63 ? null : value;
}

function iso({ time }: Exemplar): string {
  return time.toISOString();
}

function clock({ time }: Exemplar): string {
  return time.toTimeString().slice(0, 8);
}
