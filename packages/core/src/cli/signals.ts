import { onNpxGone } from './npx.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Nobody presses ^C again sooner. timeout(1) sends each signal twice, to us and to our group; sudo passes on what came anyway. */
const ECHO_MS = 200;

/**
 * INT, TERM and HUP, and the end of an npx that started us, are a normal end: `stop` is aborted. A second signal
 * ends the process at once, by that signal; the same one again right behind it is its echo. Returns a function that puts
 * everything back.
 */
export function onSignals(stop: AbortController): () => void {
  let echo: NodeJS.Signals | undefined;
  const handle = (signal: NodeJS.Signals) => {
    if (signal === echo) return;
    if (stop.signal.aborted) {
      for (const act of lastActs) act();
      restore();
      process.kill(process.pid, signal);
    }
    echo = signal;
    // After what is pending by then, however busy this thread was.
    const over = () => setImmediate(() => (echo = undefined)).unref();
    setTimeout(over, ECHO_MS).unref();
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
