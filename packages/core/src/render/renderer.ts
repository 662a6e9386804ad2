import type { Body, Meta, Summary } from '../report.js';

/** From reports to text, and nothing else: renderers touch no kernel, no file, no clock. */
export interface Renderer {
  /** Before the first report. */
  readonly begin?: (meta: Meta) => string;
  readonly report: (report: Body) => string;
  /** After the last. */
  readonly end?: (summary: Summary) => string;
}
