/**
 * Where a task computes: a folder of this machine with an artefact store of its own, gone when the task is. What a killed task
 * left goes when the next one begins.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { ArtefactStore } from '../artefacts/store.ts';
import { fromSystem } from '../media/target.ts';
import type { DigestStore } from '../models/types.ts';
import { lockFile } from '../storage/db.ts';

export interface Scratch extends AsyncDisposable {
  readonly folder: string;
  /** Of large files, remembered from task to task. */
  readonly digests: DigestStore;
  /** An empty one. @param name of the shot that it is for */
  openStore(name: string): ArtefactStore;
}

/** Digests of a few hundred files. */
const MACHINE_BYTES = 1e6;
/** Whoever sweeps holds a lock for a moment only. */
const SWEEP_MS = 5000;
const doing = 'preparing a place to compute in';

/** @param root of this machine, never a network disk; the system's own for temporary files unless said @throws AppError */
export async function openScratch(
  root: string | null,
  name: string,
  onWarning: (line: string) => void,
): Promise<Scratch> {
  const home = root ?? join(tmpdir(), `retake-farm-${userName()}`);
  const folder = join(home, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sweep(home, name);
  } catch (error) {
    throw fromSystem(error, doing);
  }
  // The system drops it with the process, however that ends.
  const lock = lockFile(lockOf(folder), { waitMs: SWEEP_MS, doing });
  if (!lock) throw new AppError('job-busy', 'this very attempt is being made on this machine', { doing });
  const stores: ArtefactStore[] = [];
  const machine = new ArtefactStore(join(home, 'machine', 'cache.sqlite'), {
    limitBytes: MACHINE_BYTES,
    onWarning,
  });
  const { digests } = machine;
  return {
    ...{ folder, digests },
    openStore(shot) {
      const limitBytes = Number.MAX_SAFE_INTEGER;
      const store = new ArtefactStore(join(folder, shot, 'cache.sqlite'), { limitBytes, onWarning, digests });
      stores.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) store.close();
      machine.close();
      await rm(folder, { recursive: true, force: true }).catch(() => {});
      lock.release();
      await rm(lockOf(folder), { force: true }).catch(() => {});
    },
  };
}

const LOCK = '.lock';
const lockOf = (folder: string) => `${folder}${LOCK}`;

/** Those whose lock nobody holds. */
async function sweep(home: string, own: string): Promise<void> {
  for (const name of await readdir(home)) {
    const folder = join(home, name.slice(0, -LOCK.length));
    if (!name.endsWith(LOCK) || name === `${own}${LOCK}`) continue;
    const lock = lockFile(join(home, name), { waitMs: 0, doing });
    if (!lock) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    lock.release();
    await rm(join(home, name), { force: true }).catch(() => {});
  }
}

/** Temporary folders are shared by all who work on a machine. */
function userName(): string {
  try {
    return userInfo().username.replace(/[^A-Za-z0-9_-]/g, '-');
  } catch {
    return String(process.getuid?.() ?? 0);
  }
}
