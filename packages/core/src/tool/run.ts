import type { Skeleton } from '../layout.js';
import { type Meta, notice, type Report, reportedBy } from '../report.js';
import { kernelRelease } from '../system.js';
import { ticks } from './clock.js';
import type { RunOptions, ToolDefinition } from './definition.js';
import { lockedBytes } from './map-sizes.js';
import type { ArgsOf, CommonArgs, Options } from './options.js';
import { countCost } from './overhead.js';
import { choosePlan, type Plan } from './plan.js';
import { Session } from './session.js';

/** A map fuller than this share is worth a word before it overflows. */
const NEARLY_FULL = 0.8;

/** Between the frames of a live picture, unless another interval was asked for. */
const LIVE_INTERVAL_S = 1;

/** One run of a tool: Meta, its reports, notices, Summary. */
export async function* runTool<S extends Skeleton, O extends Options>(
  definition: ToolDefinition<S, O>,
  args: ArgsOf<O> & CommonArgs,
  { signal, objectFile }: RunOptions,
): AsyncGenerator<Report, void> {
  const plan = choosePlan(definition.plans, args, lockedBytes(definition, args));
  const { skeleton, inFlight = [] } = definition;
  const session = new Session(skeleton, plan, inFlight, args, objectFile);
  const stop = () => session.stop();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const stats = args.overhead ? countCost() : undefined;
  const { interval, count, live } = args as { interval?: number; count?: number; live?: boolean };
  const body = definition.run({
    args,
    plan: plan.name,
    open: (options = {}) => {
      const sizes = { ...definition.maxEntries?.(args), ...options.maxEntries };
      return session.open({
        ...options,
        maxEntries: sizes as NonNullable<typeof options.maxEntries>,
      });
    },
    ticks: ticks({
      stop: session.stopped,
      begun: () => session.attachedAt,
      end: () => session.end(),
      intervalS: interval ?? (live ? LIVE_INTERVAL_S : undefined),
      count,
    }),
  });
  let reported = 0;
  try {
    let next = body.next();
    await Promise.race([session.attached, next]);
    yield meta(definition, args, plan);
    let result = await next;
    while (!result.done) {
      reported += reportedBy(result.value);
      yield result.value;
      next = body.next();
      result = await next;
    }
    const { account } = session;
    if (!account) throw new Error(`${definition.name}: run() never opened its object`);
    for (const [name, { usedMax, max }] of Object.entries(account.maps)) {
      if (usedMax > NEARLY_FULL * max)
        yield notice(`map ${name} holds ${usedMax} of ${max} entries`);
    }
    const outcome = result.value ?? {};
    const { missed = account.missed, inFlight = account.inFlight, quality = {} } = outcome;
    const events = account.events - (outcome.withdrawn ?? 0);
    yield {
      type: 'summary',
      durationS: session.durationS,
      ...account,
      events,
      inFlight,
      reported,
      missed,
      quality,
    };
  } finally {
    signal?.removeEventListener('abort', stop);
    session.stop();
    await body.return(undefined);
    await session.close();
    stats?.close();
  }
}

function meta<S extends Skeleton, O extends Options>(
  definition: ToolDefinition<S, O>,
  args: ArgsOf<O> & CommonArgs,
  { name, detail }: Plan<S, ArgsOf<O> & CommonArgs>,
): Meta {
  const more = detail?.(args);
  return {
    type: 'meta',
    tool: definition.name,
    version: definition.version,
    kernel: kernelRelease(),
    plan: more ? `${name}, ${more}` : name,
    options: args,
    time: new Date(),
    header: definition.header(args, name),
  };
}
