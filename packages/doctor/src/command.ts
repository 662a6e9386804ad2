import { styleText } from 'node:util';
import { flag, texts } from '@probekit/core';
import { type CommandDefinition, command, parseCommand } from '@probekit/core/cli';
import { diagnose } from './diagnosis.js';
import { json } from './json.js';
import { type Style, text } from './text.js';

const definition = {
  name: 'doctor',
  version: '0.1.0',
  summary: 'say which way each tool would take on this machine, or the exact thing that is missing',
  options: {
    tool: texts(null, 'only these tools', 'TOOL'),
    json: flag(null, 'print one JSON object'),
    verbose: flag(null, 'say more when something fails'),
  },
  positionals: ['tool...'],
  examples: [
    ['doctor', 'all tools'],
    ['doctor profile', 'one; exit code 3 when it cannot run'],
  ],
} as const satisfies CommandDefinition;

/** A tool that was asked about cannot run here. */
const CANNOT = 3;

const NARROWEST = 80;
const WIDEST = 120;

/** The command: exit code 3 when a tool cannot run, 2 when there is no such tool. */
export function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  return command(definition.name, async (state) => {
    state.json = argv.includes('--json');
    const parsed = await parseCommand(definition, argv);
    if (parsed.kind === 'text') {
      process.stdout.write(parsed.text);
      return 0;
    }
    const { tool, json: asJson, verbose } = parsed.args;
    state.verbose = verbose;
    const diagnosis = await diagnose(tool);
    process.stdout.write(asJson ? json(diagnosis, definition.version) : text(diagnosis, page()));
    return diagnosis.tools.some(({ plan }) => plan === null) ? CANNOT : 0;
  });
}

function page() {
  const { isTTY, columns = WIDEST } = process.stdout;
  return {
    width: Math.max(NARROWEST, Math.min(WIDEST, columns)),
    ...(isTTY && !process.env.NO_COLOR
      ? { paint: (style: Style, plain: string) => styleText(style, plain) }
      : {}),
  };
}
