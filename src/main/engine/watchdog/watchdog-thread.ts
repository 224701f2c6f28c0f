/** Entry of the watchdog's thread; see watchdog.ts. It shares no lock with the engine's own thread. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { BEAT, endHard } from '../../heartbeat.ts';
import { ALLOWED, TURN } from './blocking.ts';
import type { WatchdogData } from './watchdog.ts';

const { beat, ownSeconds, orphanSeconds, tickMs, shared, groups, parent } = workerData as WatchdogData;

let orphaned = 0;
let still = 0;
let turn = -1;

// The parent listens from the first beat on.
heard();
// Seconds are counted in ticks, for the time that a machine slept is nobody's fault.
setInterval(() => {
  const gone = !heard() || (process.platform !== 'win32' && process.ppid !== parent);
  orphaned = gone ? orphaned + tickMs / 1000 : 0;
  if (orphaned > orphanSeconds) end('');

  const now = Atomics.load(shared, TURN);
  still = now === turn ? still + tickMs / 1000 : 0;
  turn = now;
  const allowed = Atomics.load(shared, ALLOWED) || ownSeconds;
  if (still > allowed) end(`the engine did not move for ${Math.round(allowed)} seconds and was stopped`);
}, tickMs);

/** False when nobody is left at the other end of the pipe. A reader that is busy is still one. */
function heard(): boolean {
  if (!beat) return true;
  try {
    writeSync(1, BEAT);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPIPE';
  }
}

function end(why: string): void {
  try {
    if (why !== '') writeSync(2, `${why}\n`);
  } catch {
    // There may be nobody to tell.
  }
  for (const pid of groups) if (pid !== 0 && process.platform !== 'win32') endHard(-pid);
  process.kill(process.pid, 'SIGKILL');
}
