// Runs bins one after another in this process, each as if it were alone in one, and prints what each printed and its exit
// code. Argument: a list of bins with their arguments, as JSON.
import { pathToFileURL } from 'node:url';

type Written = (text: string | Uint8Array, ...more: unknown[]) => boolean;

const bins = JSON.parse(process.argv[2] ?? '[]') as string[][];
const streams = ['stdout', 'stderr'] as const;
const print = process.stdout.write.bind(process.stdout);
// Each run leaves a listener.
for (const stream of streams) process[stream].setMaxListeners(0);

const results: unknown[] = [];
for (const [i, [file = '', ...args]] of bins.entries()) {
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
  // A bin is over when its module is.
  await import(`${pathToFileURL(file).href}?run=${i}`);
  results.push({ code: process.exitCode, signal: null, ...printed });
}
process.exitCode = 0;
print(`${JSON.stringify(results)}\n`);
