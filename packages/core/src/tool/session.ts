import type { Skeleton } from '../layout.js';
import { waitForPrograms } from '../native.js';
import { type LoadOptions, TypedObject } from '../object.js';
import { type Account, takeAccount } from './accounting.js';
import { until } from './clock.js';
import { linkFeature } from './link-feature.js';
import type { Plan } from './plan.js';
import { fillScope, type ScopeArgs, scopeOptions } from './scope.js';
import { withHint } from './with-hint.js';

interface SessionArgs extends ScopeArgs {
  readonly duration: number | undefined;
  readonly overhead: boolean;
}

/**
 * The object of one run from load to close. Its end has one order, whoever asks for it first: detach, wait for
 * programs that still run, let the rings run dry, take the account, close.
 */
export class Session<S extends Skeleton, A extends SessionArgs> {
  private readonly stopping = new AbortController();
  private object: TypedObject<S> | undefined;
  private ending: Promise<number> | undefined;
  private announce = () => {};
  /** performance.now() when everything was attached. */
  attachedAt = 0;
  private detachedAt = 0;
  /** Resolves once everything is attached. */
  readonly attached = new Promise<void>((resolve) => {
    this.announce = resolve;
  });
  /** Set when the object is closed. */
  account: Account | undefined;

  constructor(
    private readonly skeleton: S,
    private readonly plan: Plan<S, A>,
    private readonly inFlight: readonly string[],
    private readonly args: A,
    private readonly objectFile: string | undefined,
  ) {}

  /** Aborted when the run is to end. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  get durationS(): number {
    return Math.round((this.detachedAt - this.attachedAt) * 1000) / 1e6;
  }

  stop(): void {
    this.stopping.abort();
  }

  async open(options: LoadOptions<S> = {}): Promise<TypedObject<S>> {
    const scope = scopeOptions(this.skeleton, this.args);
    const attachments = this.plan.attach(this.args);
    try {
      const object = await TypedObject.load(this.skeleton, {
        ...options,
        rodata: { ...options.rodata, ...scope.rodata } as NonNullable<typeof options.rodata>,
        maxEntries: { ...options.maxEntries, ...scope.maxEntries } as NonNullable<
          typeof options.maxEntries
        >,
        programs: this.plan.programs ?? attachments.map(({ program }) => program),
        ...(this.objectFile ? { file: this.objectFile } : {}),
      });
      this.object = object;
      fillScope(object, this.args);
      options.fill?.(object);
      for (const { program, target } of attachments) {
        await object.attach(program, target);
      }
    } catch (error) {
      const { object } = this;
      this.object = undefined;
      try {
        throw withHint(error, this.plan.capabilities, (program) => {
          const { target } = attachments.find((one) => one.program === program) ?? {};
          const { section } = object?.programs().find(({ name }) => name === program) ?? {};
          return linkFeature(target, section);
        });
      } finally {
        await object?.close();
      }
    }
    this.begin();
    return Object.assign(Object.create(this.object) as TypedObject<S>, {
      [Symbol.asyncDispose]: () => this.close(),
    });
  }

  /** Detaches and lets the rings run dry; idempotent. Resolves to when it was detached (performance.now()). */
  end(): Promise<number> {
    this.ending ??= this.detach();
    return this.ending;
  }

  async close(): Promise<void> {
    const { object } = this;
    if (!object) return;
    try {
      this.stop();
      await this.end();
      this.account = await takeAccount(object, {
        inFlight: this.inFlight,
        overhead: this.args.overhead,
      });
    } finally {
      this.object = undefined;
      await object.close();
    }
  }

  private begin(): void {
    this.attachedAt = performance.now();
    const { duration } = this.args;
    if (duration !== undefined) {
      void until(this.attachedAt + duration * 1000, this.stopped).then(() => this.stop());
    }
    // A failure to detach is reported by whoever awaits end() next.
    const end = () => void this.end().catch(() => {});
    if (this.stopped.aborted) end();
    else this.stopped.addEventListener('abort', end, { once: true });
    this.announce();
  }

  private async detach(): Promise<number> {
    const { object } = this;
    if (!object) return this.detachedAt;
    try {
      await object.detach();
      this.detachedAt = performance.now();
      await waitForPrograms();
    } finally {
      // After a failure too: a tool that waits for a record would never come to hear of it.
      for (const ring of Object.values(object.rings)) ring.finish();
    }
    return this.detachedAt;
  }
}
