/**
 * A thread beside the plugin's own, which may never come back. It ends the process when Retake is gone, and when it takes more
 * memory than it may: buffers and WebAssembly lie outside the heap that Node caps.
 */
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { MEMORY_WORDS } from './messages.ts';

export interface GuardData {
  readonly parent: number;
  readonly memoryBytes: number;
}

/** Often enough that filling memory at full speed goes little further than it may. */
const LOOK_MS = 100;

/** Resolves when it watches; only then may a plugin be loaded. */
export async function startGuard(file: URL, data: GuardData): Promise<void> {
  const thread = new Worker(file, {
    workerData: data,
    stdin: true,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  thread.once('message', () => resolve());
  thread.once('error', reject);
  await promise;
  // Without it the plugin does not run on.
  thread.once('exit', () => process.exit(1));
  thread.unref();
}

/** In the thread. */
export function guard({ parent, memoryBytes }: GuardData, ready: () => void): void {
  const { kill, memoryUsage, pid } = process;
  const end = () => kill(pid, 'SIGKILL');
  setInterval(() => {
    if (isGone(parent)) end();
    if (memoryUsage.rss() <= memoryBytes) return;
    try {
      fs.writeSync(2, `${MEMORY_WORDS}\n`);
    } catch {
      // Nobody reads it.
    }
    end();
  }, LOOK_MS);
  ready();
}

function isGone(parent: number): boolean {
  if (process.platform !== 'win32') return process.ppid !== parent;
  try {
    process.kill(parent, 0);
    return false;
  } catch {
    return true;
  }
}
