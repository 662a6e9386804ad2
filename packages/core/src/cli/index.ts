export { type CommandDefinition, parseCommand } from './argv.js';
export { command } from './command.js';
export { main } from './main.js';
export { openOutput } from './output.js';
