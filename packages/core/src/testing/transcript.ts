import type { Finished, StartOptions } from './machine.js';

/** What a program has printed so far, and how it ended. */
export class Transcript {
  private stdout = '';
  private stderr = '';
  private finished: Finished | undefined;
  private failure: Error | undefined;
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly program: string,
    private readonly onOutput: StartOptions['onOutput'],
  ) {}

  readonly done = new Promise<Finished>((resolve, reject) => {
    const look = () => {
      if (this.finished) resolve(this.finished);
      else if (this.failure) reject(this.failure);
    };
    this.watchers.add(look);
  });

  add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.onOutput?.(stream, text);
    this.wake();
  }

  end(how: Pick<Finished, 'code' | 'signal'>): void {
    this.finished = { ...how, stdout: this.stdout, stderr: this.stderr };
    this.wake();
  }

  fail(error: Error): void {
    this.failure = error;
    // Nobody may be waiting when a machine goes away.
    this.done.catch(() => {});
    this.wake();
  }

  /** Resolves when `pattern` matches what was printed; rejects when the program ends first. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (!match && !this.finished && !this.failure) return;
        this.watchers.delete(look);
        const said = this.stderr.trim() || this.stdout.trim();
        if (match) resolve(match);
        else reject(this.failure ?? new Error(`${this.program} ended before ${pattern}: ${said}`));
      };
      this.watchers.add(look);
      look();
    });
  }

  private wake(): void {
    for (const watcher of this.watchers) watcher();
  }
}
