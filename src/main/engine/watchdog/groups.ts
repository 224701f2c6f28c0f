/** Process groups that the engine has started, where the watchdog finds them when it ends the engine. */

const MOST = 64;

/** Shared with the watchdog's thread; zero is an empty place. */
export const groups = new Int32Array(new SharedArrayBuffer(4 * MOST));

/** Beyond the most, they are not remembered: they end with their pipes, as they do without a watchdog. */
export function noteGroup(pid: number): void {
  const free = groups.indexOf(0);
  if (free >= 0) Atomics.store(groups, free, pid);
}

export function forgetGroup(pid: number): void {
  const place = groups.indexOf(pid);
  if (place >= 0) Atomics.store(groups, place, 0);
}
