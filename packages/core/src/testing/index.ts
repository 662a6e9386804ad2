export { lostOf, type SummaryRecord, summaryOf, unexplained } from './account.js';
export { eventually } from './eventually.js';
export { type GuestAddress, machineAt } from './here.js';
export { type TraceEvent, unhidden } from './hidden-events.js';
export { host } from './host.js';
export {
  allHeld,
  expectNothingNew,
  type Held,
  heldBy,
  leftOf,
} from './leftovers.js';
export { runLibrary } from './library.js';
export { memoryCapabilities } from './locked-memory.js';
export type { Finished, Machine, Started, StartOptions } from './machine.js';
export { asNobody } from './nobody.js';
export { type OpenCopy, openCopy } from './open-copy.js';
export { copyPackage } from './package-copy.js';
export { records } from './records.js';
export { sh } from './shell.js';
export { withSysctl } from './sysctl.js';
export { terminalFrames } from './terminal-frames.js';
export { startToolProcess, type ToolProcess, toolsInOneProcess } from './tool-process.js';
export { holding, startTracing, type Tracing } from './tracing.js';
export { boot } from './vm/boot.js';
export { Debian, type Package } from './vm/debian.js';
export { connectGuest, type Guest } from './vm/guest.js';
export { buildImage } from './vm/image.js';
export { getKernel, KERNELS, type Kernel, kernelNamed, MissingKernel } from './vm/kernels.js';
export { compileWorkload } from './workload.js';
