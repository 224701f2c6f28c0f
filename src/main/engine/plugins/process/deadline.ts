/** Time that a plugin has. Counted in looks and not by the clock: a network call holds the engine's thread, and a machine sleeps. */

const LOOKS = 8;

/** Calls once, unless the returned function was called before. @param ms at least this long */
export function deadline(ms: number, onMissed: () => void): () => void {
  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    if (looks < LOOKS) return;
    clearInterval(timer);
    // What it has said may lie there unread: everything that came is heard before it is judged.
    setImmediate(() => setImmediate(judge));
  }, ms / LOOKS);
  timer.unref();
  let over = false;
  const judge = () => {
    if (!over) onMissed();
  };
  return () => {
    over = true;
    clearInterval(timer);
  };
}
