import { readFileSync } from 'node:fs';

/** Mounts come and go, and their ids are used again. */
const FRESH_MS = 1000;

/** A mount as one process sees it. */
export interface Mount {
  readonly point: string;
  /** What of its file system is there: `/`, or less of a bind mount. */
  readonly root: string;
  /** As a super block has it (linux/kdev_t.h). */
  readonly dev: number;
}

/** Where mounts are: those of this process, and of other processes where their namespaces differ. */
export class Mounts {
  private readonly tables = new Map<string, { readAt: number; mounts: Map<number, Mount> }>();

  /** null: nobody can tell: it is gone, or belongs to no namespace, as the layers of an overlay. */
  get(id: number, pid: number): string | null {
    if (id === 0) return null;
    const found = this.of('self').get(id) ?? (pid > 0 ? this.of(String(pid)).get(id) : undefined);
    return found?.point ?? null;
  }

  /** Where all of a file system is, for a process; null: nowhere, as where only parts of it are. */
  rootOf(dev: number, pid: number): string | null {
    const theirs = pid > 0 ? this.of(String(pid)) : undefined;
    const seen = theirs?.size ? theirs : this.of('self');
    for (const mount of seen.values()) {
      if (mount.dev === dev && mount.root === '/') return mount.point;
    }
    return null;
  }

  private of(process: string): Map<number, Mount> {
    const now = performance.now();
    const known = this.tables.get(process);
    if (known && now - known.readAt < FRESH_MS) return known.mounts;
    if (this.tables.size > 256) this.tables.clear();
    const mounts = parseMountinfo(read(`/proc/${process}/mountinfo`));
    this.tables.set(process, { readAt: now, mounts });
    return mounts;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

/** proc_pid_mountinfo(5): id, parent, device, root and mount point, these two with octal escapes. */
export function parseMountinfo(text: string): Map<number, Mount> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [id = '', , device = '', root = '', point = ''] = line.split(' ');
        const [major = 0, minor = 0] = device.split(':').map(Number);
        // As an unsigned number: majors have 12 bits.
        const dev = major * 2 ** 20 + minor;
        return [Number(id), { point: unescaped(point), root: unescaped(root), dev }];
      }),
  );
}

function unescaped(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
