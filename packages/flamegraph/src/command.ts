import { readFile, writeFile } from 'node:fs/promises';
import { type Collapse, escapeText, FoldedStacks, ToolError, UsageError } from '@probekit/core';
import {
  type CommandDefinition,
  command,
  longName,
  openOutput,
  parseCommand,
} from '@probekit/core/cli';
import { extract } from './embedded.js';
import { drawing, drawSvg, type FlamegraphOptions } from './flamegraph.js';
import { drawPage, reading } from './html.js';
import { foldedInput, inputName, wholeInput } from './inputs.js';
import { notOfPages, options } from './options.js';
import { explained, type ReadStacks, readStacks, type Text } from './read-stacks.js';

const definition = {
  name: 'flamegraph',
  version: '0.1.0',
  summary: 'draw folded stacks as a flame graph: an SVG that stands alone, or a page to explore',
  options,
  positionals: ['file...'],
  examples: [
    ['profile -F 99 -a 30 | flamegraph > cpu.svg', 'draw what profile saw in 30 seconds'],
    ['flamegraph cpu.folded -o cpu.html', 'a page with search, callers and hottest functions'],
    ['flamegraph before.folded after.folded -o diff.svg', 'what changed; pictures work too'],
    ['flamegraph --extract cpu.svg', 'the folded stacks that it was drawn from'],
    ['perf script | flamegraph --from perf > cpu.svg', "from another profiler's output"],
  ],
} as const satisfies CommandDefinition<typeof options>;

type Args = Extract<Awaited<ReturnType<typeof parse>>, { kind: 'run' }>['args'];
const parse = (argv: readonly string[]) => parseCommand(definition, argv);

const PALETTE = 'palette.map';

/** The command: exit code 1 when the input holds no stack. */
export function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  return command(definition.name, async (state) => {
    const parsed = await parse(argv);
    if (parsed.kind === 'text') {
      process.stdout.write(parsed.text);
      return 0;
    }
    const { args } = parsed;
    state.verbose = args.verbose;
    check(args);
    const [svgOnly] = isPage(args) ? notOfPages(args) : [];
    if (svgOnly !== undefined)
      throw new UsageError(`--${longName(svgOnly)} is for an SVG, not for a page`);
    const drawn = await drawingOptions(args);
    // What can be wrong is found before the input is waited for: a profile takes its time, and is not kept.
    await explained(
      async () => void new FoldedStacks(isPage(args) ? reading(drawn) : drawing(drawn)),
    );
    const output = await openOutput(args.output, state.stop);
    try {
      await output.write(args.extract ? await extracted(args) : await picture(args, drawn));
      await output.commit();
      return 0;
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

function check({ file, merge, extract: extracts, differential, from, ...args }: Args): void {
  if ((file.length === 0 || file.includes('-')) && process.stdin.isTTY) {
    throw new ToolError('standard input is a terminal: give a file, or a pipe from profile -f', 2);
  }
  const [other] = OTHER_FORMATS.exec(args.output ?? '') ?? [];
  if (other && !extracts)
    throw new UsageError(`-o cannot write ${other}; it can write .svg and .html`);
  if (file.filter((one) => one === '-').length > 1) {
    throw new UsageError('standard input can be read once');
  }
  if (file.length > 2 && !merge) {
    throw new UsageError('two files are compared; --merge adds up any number of them');
  }
  if (file.length === 2 && !merge && differential) {
    throw new UsageError('two files are compared: their lines have one count, not --differential');
  }
  if (args.normalize && !differential && (file.length !== 2 || merge)) {
    throw new UsageError('--normalize is for a comparison: give two files, or --differential');
  }
  if (extracts && file.length > 1) throw new UsageError('--extract takes one picture');
  if (from !== undefined && !['perf', 'bpftrace', 'dtrace'].includes(from)) {
    throw new UsageError(`--from must be perf, bpftrace or dtrace, not "${from}"`);
  }
  if (args.event !== undefined && from !== 'perf')
    throw new UsageError('--event needs --from perf');
  if (args.encoding !== undefined && !/^utf-?8$/i.test(args.encoding)) {
    throw new UsageError('--encoding must be UTF-8: the picture always is');
  }
  const exclusive = (['hash', 'deterministic', 'random'] as const).filter((name) => args[name]);
  if (exclusive.length > 1) {
    throw new UsageError(`--${exclusive[0]} and --${exclusive[1]} exclude each other`);
  }
}

/** What a name promises and an SVG would betray. */
const OTHER_FORMATS = /\.(png|jpe?g|pdf|gz|json)$/i;

const isPage = ({ html, output }: Args) => html || /\.html?$/i.test(output ?? '');
const compares = ({ file, merge }: Args) => file.length === 2 && !merge;

/** The library's options of a command line. */
async function drawingOptions(args: Args): Promise<FlamegraphOptions> {
  return defined({
    title: args.title,
    subtitle: args.subtitle,
    notes: args.notes,
    countName: args.countname,
    nameType: args.nametype,
    width: args.width,
    height: args.height,
    minWidth: args.minwidth,
    fontType: args.fonttype,
    fontSize: args.fontsize,
    fontWidth: args.fontwidth,
    colors: args.colors,
    bgcolors: args.bgcolors,
    uiColor: args.uicolor,
    searchColor: args.searchColor,
    strokeColor: args.strokeColor,
    colorDiffusion: args.colordiffusion,
    hash: args.hash,
    random: args.random,
    palette: args.cp ? await palette() : undefined,
    nameAttributes: args.nameattr === undefined ? undefined : await textOf(args.nameattr),
    factor: args.factor,
    total: args.total,
    base: args.base.length > 0 ? [...args.base] : undefined,
    reverse: args.reverse,
    inverted: args.inverted,
    flameChart: args.flamechart,
    truncateTextRight: args.truncateTextRight,
    prettyXml: args.prettyXml,
    negate: args.negate,
    normalize: args.normalize,
    twoCounts: args.differential,
    before: compares(args) ? '' : undefined,
    embed: !args.bare,
  });
}

async function picture(args: Args, drawn: FlamegraphOptions): Promise<Buffer> {
  const notice = (text: string) => {
    if (!args.quiet) process.stderr.write(`${definition.name}: ${escapeText(text)}\n`);
  };
  const page = isPage(args);
  const read = await readStacks(texts(args, notice), page ? reading(drawn) : drawing(drawn));
  for (const line of complaints(read)) notice(line);
  const printed = args.from === undefined ? printedBy(read) : undefined;
  if (printed) notice(`this looks like the output of ${printed}: give --from ${printed}`);
  if (page) return (await drawPage(read, drawn)).html;
  const { svg, palette: kept, embedded } = await drawSvg(read, drawn);
  if (kept !== undefined) await writeFile(PALETTE, kept);
  if (!embedded && !args.bare && !args.flamechart) {
    notice('the stacks take more than 16 MiB, and are not in the picture: keep the folded file');
  }
  return svg;
}

function texts(args: Args, notice: (text: string) => void): Text[] {
  const { file, event } = args;
  const from = args.from as Collapse['from'] | undefined;
  const collapse = from && { from, ids: isPage(args), ...(event !== undefined && { event }) };
  const files = file.length === 0 ? [undefined] : file;
  return files.map((one, at) => ({
    folded: foldedInput(one, collapse, notice),
    before: compares(args) && at === 0,
    ...(files.length > 1 && { name: inputName(one) }),
  }));
}

async function extracted({ file: [file] }: Args): Promise<Buffer> {
  return (await extract(await wholeInput(file), inputName(file))).folded;
}

function* complaints({ malformed, malformedCount }: ReadStacks): Generator<string> {
  for (const { name, line, text } of malformed) {
    const of = name === undefined ? '' : ` of "${name}"`;
    yield `line ${line}${of} is no stack, left out: "${text}"`;
  }
  const more = malformedCount - malformed.length;
  if (more > 0) yield `and ${more} more`;
}

/** What lines of other programs' output look like. */
const OUTPUT = {
  perf: /\s\d+[\d.]*: .*:$/,
  bpftrace: /^@\w*\[/,
  dtrace: /^CPU\s+ID\s+FUNCTION:NAME$/,
};

function printedBy({ malformed }: ReadStacks): string | undefined {
  const of = Object.entries(OUTPUT).find(([, shape]) =>
    malformed.some(({ text }) => shape.test(text)),
  );
  return of?.[0];
}

/** What --cp kept last time. */
async function palette(): Promise<string> {
  return textOf(PALETTE).catch((error: ToolError) => {
    if ((error.cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ToolError(`cannot read "${file}": ${code}`, 1, { cause });
  }
}

function defined<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as never;
}
