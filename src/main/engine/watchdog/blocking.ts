/** Calls that hold the engine's own thread, and how long each may: what the watchdog goes by. */

const MINUTE = 60;
/** A network is opened from a slow disk, or runs for the first time. */
const UNKNOWN_SECONDS = 30 * MINUTE;
/** Whatever the engine does by itself: reading a graph, asking SQLite, which may wait a minute for a lock. */
export const OWN_SECONDS = 3 * MINUTE;
/** Another load of the machine explains this much, and no more. */
const PATIENCE = 20;
const LEAST_SECONDS = 5 * MINUTE;

/** Shared with the watchdog's thread: a count that moves while the engine does, and the seconds allowed without. */
export const shared = new Int32Array(new SharedArrayBuffer(8));
export const TURN = 0;
export const ALLOWED = 1;

const longest = new Map<string, number>();
/** Of the calls under way; several may wait for the thread, and none may take the time of another. */
const allowances = new Set<{ readonly seconds: number }>();

/** Seconds that a call of this kind may take, from those before it. */
export function allowedSeconds(measured: number | undefined): number {
  return measured === undefined
    ? UNKNOWN_SECONDS
    : Math.min(Math.max(LEAST_SECONDS, Math.ceil(PATIENCE * measured)), 24 * 60 * MINUTE);
}

/**
 * Runs a native call during which nothing else happens in this process.
 * @param kind calls of one kind take about as long: the network and the shapes of its inputs
 */
export async function blocking<T>(kind: string, call: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const allowance = { seconds: allowedSeconds(longest.get(kind)) };
  allowances.add(allowance);
  share();
  try {
    return await call();
  } finally {
    allowances.delete(allowance);
    share();
    longest.set(kind, Math.max(longest.get(kind) ?? 0, (performance.now() - began) / 1000));
  }
}

function share(): void {
  Atomics.store(shared, ALLOWED, Math.max(0, ...[...allowances].map(({ seconds }) => seconds)));
  Atomics.add(shared, TURN, 1);
}
