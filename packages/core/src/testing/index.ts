export { host } from './host.js';
export { type Held, held } from './leftovers.js';
export type { Finished, Machine, Started, StartOptions } from './machine.js';
export { compileWorkload } from './workload.js';
