import { createReadStream } from 'node:fs';
import { escapeText, flag, integer, ToolError, textOption } from '@probekit/core';
import { type CommandDefinition, command, openOutput, parseCommand } from '@probekit/core/cli';
import { type Flamegraph, flamegraph } from './flamegraph.js';

const definition = {
  name: 'flamegraph',
  version: '0.1.0',
  summary: 'draw folded stacks, from standard input or a file, as an SVG flame graph',
  options: {
    file: textOption(null, 'read FILE instead of standard input', 'FILE'),
    output: textOption('o', 'write to FILE, which appears when it is complete', 'FILE'),
    title: textOption(null, 'above the picture'),
    subtitle: textOption(null, 'below the title'),
    width: integer(null, 'pixels', { min: 100, max: 100_000, default: 1200 }),
    countname: textOption(null, 'what is counted: samples by default'),
    colors: textOption(
      null,
      'a palette: hot, mem, io, java, js, wakeup, rust, python, red, green, blue, ...',
      'NAME',
    ),
    inverted: flag(null, 'icicle: the root at the top'),
    reverse: flag(null, 'merge stacks from the leaf: who calls'),
    verbose: flag(null, 'say more when something fails'),
  },
  positionals: ['file'],
  examples: [
    ['profile -F 99 -a 30 | flamegraph > cpu.svg', 'draw what profile saw in 30 seconds'],
    ['flamegraph cpu.folded -o cpu.svg', 'from a file to a file'],
  ],
} as const satisfies CommandDefinition;

/** The command: exit code 1 when the input holds no stack. */
export function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  return command(definition.name, async (state) => {
    const parsed = await parseCommand(definition, argv);
    if (parsed.kind === 'text') return void process.stdout.write(parsed.text);
    const { file, output: target, countname: countName, verbose, ...rest } = parsed.args;
    state.verbose = verbose;
    if (file === undefined && process.stdin.isTTY) {
      throw new ToolError(
        'standard input is a terminal: give a file, or a pipe from profile -f',
        2,
      );
    }
    const options = defined({ ...rest, countName });
    // What can be wrong is found before the input is waited for: a profile takes its time, and is not kept.
    await flamegraph(Buffer.from('a 1'), options);
    const output = await openOutput(target, state.stop);
    try {
      const graph = await flamegraph(await readInput(file), options);
      for (const line of complaints(graph)) process.stderr.write(`${definition.name}: ${line}\n`);
      await output.write(graph.svg);
      await output.commit();
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

/** In a pipe ^C reaches both ends: signals are left to the end that writes, and the input is read to its end. */
async function readInput(file: string | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of file === undefined ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    throw new ToolError(
      `cannot read "${file ?? 'standard input'}": ${(cause as NodeJS.ErrnoException).code}`,
      1,
      {
        cause,
      },
    );
  }
  return Buffer.concat(chunks);
}

function* complaints({ malformed, malformedCount }: Flamegraph): Generator<string> {
  for (const { line, text } of malformed) {
    yield `line ${line} is no stack, left out: "${escapeText(text)}"`;
  }
  const more = malformedCount - malformed.length;
  if (more > 0) yield `and ${more} more`;
}

function defined<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as never;
}
