export { parseCommand, parseTool } from './argv.js';
export { command } from './command.js';
export type { CommandDefinition } from './command-line.js';
export { longName } from './getopt.js';
export { main } from './main.js';
export { closingLines } from './messages.js';
export { openOutput } from './output.js';
