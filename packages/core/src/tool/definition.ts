import type { Skeleton } from '../layout.js';
import type { LoadOptions, TypedObject } from '../object.js';
import type { Renderer } from '../render/renderer.js';
import type { Body, Report, Summary } from '../report.js';
import type { Outcome } from './accounting.js';
import type { Tick } from './clock.js';
import type { ArgsOf, CommonArgs, common, Options } from './options.js';
import type { Plan } from './plan.js';

/** What `run` of a tool works with. */
export interface Context<S extends Skeleton, A> {
  readonly args: A;
  /** The name of the plan taken. */
  readonly plan: string;
  /** Loads and attaches what the plan names. To be called once, with `await using`. */
  readonly open: (options?: LoadOptions<S>) => Promise<TypedObject<S>>;
  /** One tick per interval, the last one after everything is detached. */
  readonly ticks: AsyncIterable<Tick>;
}

/** Bytes for a file whose format its name tells. */
export interface FileFormat {
  readonly renderer: Renderer;
  /** From what the renderer printed to what the file holds; the summary says how good it is. */
  readonly convert?: (text: Buffer, summary: Summary) => Promise<Buffer>;
}

export interface ToolDefinition<S extends Skeleton, O extends Options> {
  readonly name: string;
  readonly version: string;
  /** One line, lower case. */
  readonly summary: string;
  readonly skeleton: S;
  readonly options: O;
  /** Names of options that may also be given bare, in order. */
  readonly positionals?: readonly ((keyof O | keyof typeof common) & string)[];
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  readonly plans: readonly Plan<S, ArgsOf<O> & CommonArgs>[];
  /** Conflicts between options: throws UsageError. */
  readonly check?: (args: ArgsOf<O> & CommonArgs) => void;
  /** Sizes of maps and rings that options change; `--explain` shows them. */
  readonly maxEntries?: (args: ArgsOf<O> & CommonArgs) => Readonly<Record<string, number>>;
  /** The readiness line. */
  readonly header: (args: ArgsOf<O> & CommonArgs, plan: string) => string;
  readonly renderer?: (args: ArgsOf<O> & CommonArgs) => Renderer;
  /** By extension, dot included, what `-o` can write besides the renderer's text. */
  readonly files?: Readonly<Record<string, (args: ArgsOf<O> & CommonArgs) => FileFormat>>;
  /** The maps that hold starts without an end. */
  readonly inFlight?: readonly (keyof S['maps'] & string)[];
  /** Yields reports; returns what only the tool can say of the run. */
  readonly run: (
    context: Context<S, ArgsOf<O> & CommonArgs>,
  ) => AsyncGenerator<Body, Outcome | undefined>;
}

/** What a library's caller may give: any subset of the options, all by name. */
export type Input<O extends Options> = {
  readonly [K in keyof (ArgsOf<O> & CommonArgs)]?: (ArgsOf<O> & CommonArgs)[K] | undefined;
};

export interface RunOptions {
  /** Aborting ends the run as ^C does: the last reports and the summary still come. */
  readonly signal?: AbortSignal;
  /** Another build of the tool's BPF object. */
  readonly objectFile?: string;
}

export interface Tool<S extends Skeleton, O extends Options> {
  /**
   * Starts when first iterated; yields Meta once everything is attached, then the reports, then Summary.
   * Leaving the loop early detaches and frees everything. Throws ToolError, UsageError or BpfError.
   */
  (input?: Input<O>, options?: RunOptions): AsyncIterableIterator<Report>;
  readonly definition: ToolDefinition<S, O>;
}

// biome-ignore lint/suspicious/noExplicitAny: a tool whose own types do not matter: for the command line and listings.
export type AnyTool = Tool<any, any>;
