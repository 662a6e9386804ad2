/** A program that runs, and what it has printed so far. */
export interface Started {
  readonly pid: number;
  /** Resolves when `pattern` matches the output so far; rejects when the program ends first. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(signal: NodeJS.Signals): void;
  write(text: string): void;
  /** Resolves when it has ended and all of its output is there. */
  readonly done: Promise<Finished>;
}

export interface Finished {
  /** null: killed by `signal`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Buffer;
}

/** Where tools and workloads run: this host, or a virtual machine. Test bodies stay outside and drive it. */
export interface Machine {
  readonly kernel: string;
  start(command: readonly string[], options?: StartOptions): Started;
  run(command: readonly string[], options?: StartOptions): Promise<Finished>;
  read(file: string): Promise<string>;
}
