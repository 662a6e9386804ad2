export { type Cgroup, CgroupPaths, cgroupsOf, findCgroup } from './cgroup.js';
export { decodeHistogramChunk, decodeStats, type HistogramChunk } from './core.gen.js';
export { BpfError, type ExitCode, ToolError, UsageError } from './errors.js';
export { escapeFolded, escapeText } from './escape.js';
export { type Collapse, collapse, type FlamegraphOptions, FoldedStacks } from './flamegraph.js';
export {
  callEmpty,
  elfFunctions,
  emptyFunction,
  hasKernelType,
  kernelFunctions,
  systemCalls,
} from './functions.js';
export { heldCapabilities, hintFor } from './hints.js';
export {
  type Counted,
  type HistogramMap,
  HistogramSeries,
  histograms,
  ofTick,
} from './histogram/series.js';
export {
  FINE,
  histogramRodata,
  nsPer,
  POWERS_OF_TWO,
  type Scale,
} from './histogram/slots.js';
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
export { type AttachTarget, type ElfFunctions, type JvmAnswer, waitForPrograms } from './native.js';
export { nearest, nearestNames } from './nearest.js';
export { type LoadOptions, objectFile, TypedObject } from './object.js';
export { csv } from './render/csv.js';
export { folded } from './render/folded.js';
export { frameName, missedStack, ROOTS, type Root, rootFrames, weight } from './render/frames.js';
export { type HeatmapOptions, heatmap } from './render/heatmap.js';
export { histogramTable } from './render/histogram-table.js';
export { json } from './render/json.js';
export { shares } from './render/quality-text.js';
export type { Renderer } from './render/renderer.js';
export { type TextOptions, text as textRenderer } from './render/text.js';
export {
  type Body,
  type Column,
  type Frame,
  type Goodness,
  type Histogram,
  histogram,
  LOSSES,
  type Loss,
  type Meta,
  type Notice,
  notice,
  type Percentiles,
  type ProcessQuality,
  type Quality,
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
export { type Held, type ProcessImage, Symbolizer } from './symbolizer.js';
export { type RawStack, symbolizeStacks } from './symbols.js';
export {
  effectiveCapabilities,
  idleSeconds,
  inUserNamespace,
  kernelRelease,
  lockdown,
  onlineCpus,
  pidNamespace,
  possibleCpus,
  randomU64,
  requireProcess,
  seesKernelSymbols,
  sysctl,
  TRACING_CAPABILITIES,
} from './system.js';
export { terminalHeatmap } from './terminal.js';
export type { Outcome } from './tool/accounting.js';
export type { Tick } from './tool/clock.js';
export { defineTool } from './tool/define.js';
export type {
  AnyTool,
  Context,
  FileFormat,
  Input,
  RunOptions,
  Tool,
  ToolDefinition,
} from './tool/definition.js';
export { judgeTool } from './tool/judge.js';
export { type Missing, missing, type Need } from './tool/need.js';
export {
  checkIntervals,
  choice,
  common as commonOptions,
  decimal,
  exclusive,
  flag,
  integer,
  integers,
  intervals,
  lettered,
  live,
  type Option,
  scope,
  seconds,
  text as textOption,
  texts,
} from './tool/options.js';
export { overheadRefusal } from './tool/overhead.js';
export type { Plan, PlanVerdict } from './tool/plan.js';
export { wallTime } from './wall-time.js';
