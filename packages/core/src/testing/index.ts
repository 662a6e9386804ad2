export { eventually } from './eventually.js';
export { host } from './host.js';
export { type Held, heldBy, leftOf, openPerfEvents } from './leftovers.js';
export type { Finished, Machine, Started, StartOptions } from './machine.js';
export { asNobody } from './nobody.js';
export { copyPackage } from './package-copy.js';
export { records } from './records.js';
export { withSysctl } from './sysctl.js';
export { compileWorkload } from './workload.js';
