/** Ctrl-C on the terminal, for what is asked of the engine with a signal. */
import { EXIT_CANCELLED } from './follow.ts';

/** Aborts at the first Ctrl-C, so that the engine gives up in order; a second one leaves at once. */
export function stopSignal(): AbortSignal {
  const abort = new AbortController();
  const stop = () => {
    if (abort.signal.aborted) process.exit(EXIT_CANCELLED);
    abort.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  return abort.signal;
}
