export { BpfError, type ExitCode, ToolError, UsageError } from './errors.js';
export { escapeFolded, escapeText } from './escape.js';
export {
  type Flamegraph,
  type FlamegraphOptions,
  flamegraph,
} from './flamegraph.js';
export { heldCapabilities } from './hints.js';
export {
  addresses,
  bigint,
  type Codec,
  type MapLayout,
  type RingLayout,
  type Rodata,
  type Skeleton,
  text,
  u8,
  u32,
  u64,
  type Variable,
} from './layout.js';
export type { TypedMap } from './map.js';
export { nearest } from './nearest.js';
export { type LoadOptions, objectFile, TypedObject } from './object.js';
export { folded } from './render/folded.js';
export { json } from './render/json.js';
export type { Renderer } from './render/renderer.js';
export { text as textRenderer } from './render/text.js';
export {
  type Body,
  type Column,
  type Frame,
  type Histogram,
  histogram,
  LOSSES,
  type Loss,
  type Meta,
  type Notice,
  notice,
  type Report,
  type Rows,
  rows,
  type Slot,
  type Stack,
  type StackCount,
  type Stacks,
  type Summary,
  stacks,
} from './report.js';
export type { TypedRing } from './ring.js';
export { type RawStack, symbolizeStacks } from './symbols.js';
export {
  effectiveCapabilities,
  idleSeconds,
  kernelRelease,
  lockdown,
  onlineCpus,
  possibleCpus,
  randomU64,
  seesKernelSymbols,
  sysctl,
  TRACING_CAPABILITIES,
} from './system.js';
export type { Outcome } from './tool/accounting.js';
export type { Tick } from './tool/clock.js';
export {
  type AnyTool,
  type Context,
  defineTool,
  type Input,
  type RunOptions,
  type Tool,
  type ToolDefinition,
} from './tool/define.js';
export { type Missing, missing, type Need } from './tool/need.js';
export {
  flag,
  integer,
  integers,
  type Option,
  scope,
  seconds,
  text as textOption,
  texts,
} from './tool/options.js';
export { overheadRefusal } from './tool/overhead.js';
export { judgeTool, type Plan, type PlanVerdict } from './tool/plan.js';
export { wallTime } from './wall-time.js';
