// Runs bins one after another in this process, each as if it were alone in one, and prints what each printed and its exit
// code. Argument: a list of bins with their arguments, as JSON.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
type Written = (text: string | Uint8Array, ...more: unknown[]) => boolean;

const bins = JSON.parse(process.argv[2] ?? '[]') as string[][];
const streams = ['stdout', 'stderr'] as const;
const print = process.stdout.write.bind(process.stdout);
// Each run leaves a listener.
for (const stream of streams) process[stream].setMaxListeners(0);

const results: unknown[] = [];
for (const [file = '', ...args] of bins) {
  const printed = { stdout: '', stderr: '' };
  for (const stream of streams) {
    const write: Written = (text, ...more) => {
      printed[stream] += text;
      const written = more.at(-1);
      if (typeof written === 'function') written();
      return true;
    };
    process[stream].write = write;
  }
  process.argv = [process.execPath, file, ...args];
  process.exitCode = 0;
  // A bin exports its end.
  delete require.cache[file];
  await require(file);
  results.push({ code: process.exitCode, signal: null, ...printed });
}
process.exitCode = 0;
print(`${JSON.stringify(results)}\n`);
