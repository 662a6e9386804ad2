import { readFileSync, writeFileSync } from 'node:fs';

/** Runs `body` while a kernel setting has another value, and puts its own back, whatever happens. */
export async function withSysctl<T>(
  name: string,
  value: number,
  body: () => Promise<T>,
): Promise<T> {
  const file = `/proc/sys/${name.replaceAll('.', '/')}`;
  const before = readFileSync(file, 'utf8');
  const restore = () => writeFileSync(file, before);
  process.once('exit', restore);
  writeFileSync(file, String(value));
  try {
    return await body();
  } finally {
    restore();
    process.off('exit', restore);
  }
}
