// Runs a tool as a library with what the command line has no word for, and prints its reports as --json does.
// Arguments: the module of the tool, its name there, and the input and options as JSON.
import { pathToFileURL } from 'node:url';
import { json } from '../render/json.js';
import type { AnyTool } from '../tool/definition.js';

const [module = '', name = '', input = '{}', options = '{}'] = process.argv.slice(2);
const tools = (await import(pathToFileURL(module).href)) as Record<string, AnyTool>;
const tool = tools[name];
if (!tool) throw new Error(`${module} has no ${name}`);
const renderer = json();
for await (const report of tool(JSON.parse(input), JSON.parse(options))) {
  const text =
    report.type === 'meta'
      ? renderer.begin?.(report)
      : report.type === 'summary'
        ? renderer.end?.(report)
        : renderer.report(report);
  process.stdout.write(text ?? '');
}
