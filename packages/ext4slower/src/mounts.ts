import { readFileSync } from 'node:fs';

/** Mounts come and go, and their ids are used again. */
const FRESH_MS = 1000;

/** Where mounts are, by their ids: those of this process, and of other processes where their namespaces differ. */
export class Mounts {
  private readonly tables = new Map<string, { readAt: number; mounts: Map<number, string> }>();

  /** null: nobody can tell: it is gone, or belongs to no namespace, as the layers of an overlay. */
  get(id: number, pid: number): string | null {
    if (id === 0) return null;
    return this.of('self').get(id) ?? (pid > 0 ? this.of(String(pid)).get(id) : undefined) ?? null;
  }

  private of(process: string): Map<number, string> {
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

/** proc_pid_mountinfo(5): the id is the first field, where it is the fifth, with octal escapes. */
export function parseMountinfo(text: string): Map<number, string> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [id = '', , , , point = ''] = line.split(' ');
        const plain = point.replace(/\\([0-7]{3})/g, (_, octal) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        );
        return [Number(id), plain];
      }),
  );
}
