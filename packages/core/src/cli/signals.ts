import { onNpxGone } from './npx.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * INT, TERM and HUP, and the end of an npx that started us, are a normal end: `stop` is aborted. A second signal
 * ends the process at once, by that signal. Returns a function that puts everything back.
 */
export function onSignals(stop: AbortController): () => void {
  const handle = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      for (const act of lastActs) act();
      restore();
      process.kill(process.pid, signal);
    }
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  const forget = onNpxGone(() => stop.abort());
  const restore = () => {
    for (const signal of SIGNALS) process.off(signal, handle);
    forget();
  };
  return restore;
}

const lastActs = new Set<() => void>();

/** `act` is called before a second signal ends the process; it cannot wait. Returns a function that takes it back. */
export function beforeAbruptEnd(act: () => void): () => void {
  lastActs.add(act);
  return () => lastActs.delete(act);
}
