/** A program that runs, and what it has printed so far. */
export interface Started {
  /** Of a guest's program: known once it has printed something. */
  readonly pid: number;
  /** Resolves when `pattern` matches the output so far; rejects when the program ends first. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(signal: NodeJS.Signals): void;
  /** null ends its standard input. */
  write(text: string | null): void;
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
  /** All of standard input; without it, that stays open after `start`, and is empty for `run`. */
  readonly input?: string | Buffer;
  /** Sees the output as it comes. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

/** Where tools and workloads run: this host, or a virtual machine. Test bodies stay outside and drive it. */
export interface Machine {
  /** `host`, or the name of a kernel of the matrix. */
  readonly name: string;
  /** The running kernel's release. */
  readonly kernel: string;
  start(command: readonly string[], options?: StartOptions): Started;
  run(command: readonly string[], options?: StartOptions): Promise<Finished>;
  read(file: string): Promise<string>;
  /** Puts a file of this host at the same path there. */
  copyIn(file: string): Promise<void>;
}
