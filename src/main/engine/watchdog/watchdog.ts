/**
 * A thread beside the engine's own, which a network call may hold for minutes. It tells the parent that the engine
 * lives, and ends the process when the parent is gone or the engine is stuck: a kill loses nothing, the rest is resumed.
 */
import { Worker } from 'node:worker_threads';
import { BEAT_ARGUMENT } from '../../heartbeat.ts';
import { entryFile } from '../entry-file.ts';
import { OWN_SECONDS, shared, TURN } from './blocking.ts';
import { groups } from './groups.ts';

export interface WatchdogOptions {
  /** Whether standard output is a pipe whose reader listens for beats. */
  readonly beat: boolean;
  /** Seconds without a turn of the engine's loop, where no call has asked for more. */
  readonly ownSeconds: number;
  /** Seconds in which the engine may end in order once its parent is gone. */
  readonly orphanSeconds: number;
  readonly tickMs: number;
}

export interface WatchdogData extends WatchdogOptions {
  readonly shared: Int32Array;
  readonly groups: Int32Array;
  readonly parent: number;
}

const OPTIONS: WatchdogOptions = {
  beat: process.argv.includes(BEAT_ARGUMENT),
  ownSeconds: OWN_SECONDS,
  orphanSeconds: 10,
  tickMs: 1000,
};

/** Neither thread nor timer keeps the process alive. */
export function startWatchdog(options: Partial<WatchdogOptions> = {}): void {
  const workerData: WatchdogData = { ...OPTIONS, ...options, shared, groups, parent: process.ppid };
  const thread = new Worker(entryFile(import.meta.dirname, 'watchdog-thread'), { workerData });
  thread.unref();
  // An engine without a watchdog still works.
  thread.on('error', (error) => process.stderr.write(`[engine] no watchdog: ${error.message}\n`));
  setInterval(() => Atomics.add(shared, TURN, 1), workerData.tickMs / 2).unref();
}
