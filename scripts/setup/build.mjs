// @ts-check
// Everything through nx: the native add-on, the BPF objects, their layouts, TypeScript. What did not change is cached.
import { createRequire } from 'node:module';
import { root, run } from './builder.mjs';
import { SetupError, stage } from './stage.mjs';

/** A line of nx about one finished task. */
const TASK = /^[✔✖].*nx run/;

export async function build() {
  await stage('build', async () => {
    const nx = createRequire(`${root}/package.json`).resolve('nx');
    const args = [nx, 'run-many', '-t', 'build'];
    const { status, output } = await run(process.execPath, args, {
      onLine: (line) => {
        if (TASK.test(line)) process.stderr.write(`  ${line.trimEnd()}\n`);
      },
    });
    if (status !== 0) throw new SetupError(`build failed\n${output}`);
  });
}
