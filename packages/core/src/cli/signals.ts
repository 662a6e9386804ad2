const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npx forwards no signal and may die alone: how often to look whether it is still there. */
const PARENT_CHECK_MS = 500;

/**
 * INT, TERM and HUP, and the end of an npx that started us, are a normal end: `stop` is aborted. A second signal
 * ends the process at once, by that signal. Returns a function that puts everything back.
 */
export function onSignals(stop: AbortController): () => void {
  const handle = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      restore();
      process.kill(process.pid, signal);
    }
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  const parent = process.ppid;
  const watch =
    process.env.npm_command === 'exec'
      ? setInterval(() => process.ppid !== parent && stop.abort(), PARENT_CHECK_MS).unref()
      : undefined;
  const restore = () => {
    for (const signal of SIGNALS) process.off(signal, handle);
    clearInterval(watch);
  };
  return restore;
}
