// @ts-check
// What the programs of several tools take, by the kernel's own account, while all of them see the same events.

/** @typedef {import('@probekit/core/testing').Machine} Machine */
/** @typedef {{ command: readonly string[], ready: RegExp }} Tool */

const ROUNDS = 5;

/** @param {Machine} machine @returns {Promise<{ id: number, run_time_ns?: number }[]>} */
async function programs(machine) {
  const { code, stdout, stderr } = await machine.run(['bpftool', '-j', 'prog', 'list']);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/**
 * Nanoseconds of all programs of each tool for an event, in rounds with the tools attached in either order; none of a tool
 * that cannot run there. One of them must have the kernel keep its account (`--overhead`).
 * @param {Machine} machine
 * @param {{ tools: Record<string, Tool>, load: readonly string[], count: number }} options `load` makes `count` events
 *   once a line came on its standard input
 * @returns {Promise<Record<string, number[]>>}
 */
export async function sideBySide(machine, { tools, load, count }) {
  /** @type {Record<string, number[]>} */
  const found = Object.fromEntries(Object.keys(tools).map((name) => [name, []]));
  for (const all of [Object.entries(tools), Object.entries(tools).reverse()]) {
    /** @type {Map<string, Set<number>>} */
    const idsOf = new Map();
    /** @type {(() => Promise<unknown>)[]} */
    const stops = [];
    try {
      for (const [name, { command, ready }] of all) {
        const before = new Set((await programs(machine)).map(({ id }) => id));
        const tool = machine.start(command);
        try {
          await tool.waitFor(ready);
        } catch {
          continue; // It cannot run here.
        }
        stops.push(() => {
          tool.signal('SIGINT');
          return tool.done;
        });
        const ids = (await programs(machine)).map(({ id }) => id).filter((id) => !before.has(id));
        idsOf.set(name, new Set(ids));
      }
      for (let round = 0; round <= ROUNDS; round++) {
        const before = await times(machine, idsOf);
        const { code, stderr } = await machine.run(load, { input: '\n' });
        if (code !== 0) throw new Error(stderr);
        // The first round warms caches up.
        if (round === 0) continue;
        for (const [name, ns] of await times(machine, idsOf)) {
          found[name]?.push((ns - (before.get(name) ?? 0)) / count);
        }
      }
    } finally {
      for (const stop of stops) await stop();
    }
  }
  return found;
}

/** @param {Machine} machine @param {ReadonlyMap<string, ReadonlySet<number>>} idsOf */
async function times(machine, idsOf) {
  const all = await programs(machine);
  return new Map(
    [...idsOf].map(([name, ids]) => {
      const own = all.filter(({ id }) => ids.has(id));
      return [name, own.reduce((sum, { run_time_ns = 0 }) => sum + run_time_ns, 0)];
    }),
  );
}
