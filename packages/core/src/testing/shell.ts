import type { Machine } from './machine.js';

/** Standard output of a shell script, whose arguments are `$1` and on. Throws with what it said when it fails. */
export async function sh(machine: Machine, script: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await machine.run(['sh', '-ec', script, 'sh', ...args]);
  if (code !== 0) throw new Error(`${script}: ${stderr || stdout}`);
  return stdout.trim();
}
