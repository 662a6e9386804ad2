import { alternatives } from '../alternatives.js';
import { UsageError } from '../errors.js';
import { escapeText } from '../escape.js';
import { json } from '../render/json.js';
import { qualityLines } from '../render/quality-text.js';
import type { Renderer } from '../render/renderer.js';
import { text } from '../render/text.js';
import type { Body, Summary } from '../report.js';
import type { AnyTool, FileFormat } from '../tool/definition.js';
import type { CommonArgs } from '../tool/options.js';
import { parseTool } from './argv.js';
import { command } from './command.js';
import { explain } from './explain.js';
import { closingLines } from './messages.js';
import { type Output, openOutput } from './output.js';

/** Exit code for lost data under `--strict`. */
const LOST = 4;

/**
 * A tool as a command: reads the command line, runs the tool, prints its reports and sets the exit code. Results go
 * to standard output (or `-o`), everything else to standard error. Resolves to that code.
 */
export function main(
  tool: AnyTool,
  argv: readonly string[] = process.argv.slice(2),
): Promise<number> {
  return command(tool.definition.name, async (state) => {
    state.json = asksForJson(argv);
    const parsed = await parseTool(tool, argv);
    if (parsed.kind === 'text') {
      process.stdout.write(parsed.text);
      return 0;
    }
    const args = parsed.args as CommonArgs;
    state.verbose = args.verbose;
    state.json = args.json && args.output === undefined;
    const format = fileFormat(tool, args);
    if (args.explain) return explain(tool, args);
    const output = await openOutput(args.output, state.stop);
    try {
      const summary = await print(tool, args, format, output, state.stop.signal);
      await output.commit();
      return args.strict && summary && hasLost(summary) ? LOST : 0;
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

/** Before the command line is understood, so that an error in it is a record too. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  return words.includes('--json') && !words.some((word) => /^(-o|--output)/.test(word));
}

async function print(
  tool: AnyTool,
  args: CommonArgs,
  { renderer, convert }: FileFormat,
  output: Output,
  signal: AbortSignal,
): Promise<Summary | undefined> {
  const { name } = tool.definition;
  const kept: string[] = [];
  const write = async (printed: string) => {
    if (convert) kept.push(printed);
    else await output.write(printed);
  };
  let summary: Summary | undefined;
  for await (const report of tool(args, { signal })) {
    if (report.type === 'meta') {
      await write(renderer.begin?.(report) ?? '');
      process.stderr.write(`${escapeText(report.header)}\n`);
    } else if (report.type === 'summary') {
      summary = report;
      await write(renderer.end?.(report) ?? '');
      for (const line of closingLines(report)) process.stderr.write(`${name}: ${line}\n`);
    } else {
      for (const line of asides(report)) {
        process.stderr.write(`${name}: ${escapeText(line)}\n`);
      }
      await write(renderer.report(report));
    }
  }
  if (convert && summary) await output.write(await convert(Buffer.from(kept.join('')), summary));
  return summary;
}

/** What of a report is for a person and not part of the result. */
function asides(report: Body): string[] {
  if (report.type === 'notice') return [report.text];
  return report.type === 'quality' ? qualityLines(report) : [];
}

/** Formats that a name promises and that plain text would betray. */
const PICTURES = new Set(['.svg', '.html', '.png', '.pdf', '.pb.gz', '.gz']);

/** What `-o FILE` or `--json` asks for; the tool's own text otherwise. Throws UsageError. */
function fileFormat({ definition }: AnyTool, args: CommonArgs): FileFormat {
  const extension = /\.(pb\.gz|[a-z]+)$/.exec(args.output?.toLowerCase() ?? '')?.[0];
  const format = extension && definition.files?.[extension];
  // Which of two kinds of JSON a file holds, --json tells.
  const isOwnJson = args.json && extension === '.json';
  if (format && !isOwnJson) {
    if (args.json) throw new UsageError(`--json and -o "${args.output}" ask for different formats`);
    return format(args);
  }
  if (extension && PICTURES.has(extension)) {
    const known = alternatives(Object.keys(definition.files ?? {}));
    throw new UsageError(`-o cannot write ${extension}${known && `; it can write ${known}`}`);
  }
  const renderer: Renderer = args.json ? json() : (definition.renderer?.(args) ?? text());
  return { renderer };
}

function hasLost({ lost, missed }: Summary): boolean {
  return (missed ?? 0) > 0 || Object.values(lost).some((count) => count > 0);
}
