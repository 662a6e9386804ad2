import type { Machine } from './machine.js';

/** Runs `body` while a kernel setting of a machine has another value, and puts its own back, whatever happens. */
export async function withSysctl<T>(
  machine: Machine,
  name: string,
  value: number,
  body: () => Promise<T>,
): Promise<T> {
  const file = `/proc/sys/${name.replaceAll('.', '/')}`;
  const before = await machine.read(file);
  const set = async (to: string) => {
    const { code, stderr } = await machine.run(['sh', '-c', 'echo "$2" > "$1"', 'sh', file, to]);
    if (code !== 0) throw new Error(stderr);
  };
  await set(String(value));
  try {
    return await body();
  } finally {
    await set(before.trim());
  }
}
