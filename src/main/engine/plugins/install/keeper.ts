/**
 * Changes what is installed. Whenever it is killed, the old or the new lies there, whole: what shall become is written down
 * first, then folders get other names, and whoever comes next finishes what was begun. One engine at a time.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../../common/errors.ts';
import { isPartial, publish, writeWhole } from '../../../atomic-files.ts';
import { isAlive } from '../../../processes.ts';
import { requireRoom } from '../../disk.ts';
import { type FileLock, lockFile } from '../../storage/db.ts';
import { newRecord, type PluginRecord, readState, stateIn, stateText } from '../state.ts';
import { type Package, unpack } from './package.ts';

/** What changes the disk; tests put one in that is killed on the way. */
export interface DiskSteps {
  publish(from: string, to: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
}

const DISK: DiskSteps = {
  publish: (from, to) => publish(from, to),
  write: (file, text) => writeWhole(file, text),
  remove: (path) => rm(path, { recursive: true, force: true }),
};

interface Installing {
  readonly signal?: AbortSignal | undefined;
  readonly mayReplace?: () => void;
}

const WAIT_MS = 20_000;
const DOING = 'changing what is installed';

export class PluginKeeper {
  readonly #dir: string;
  readonly #disk: DiskSteps;

  constructor(dir: string, disk: DiskSteps = DISK) {
    this.#dir = dir;
    this.#disk = disk;
  }

  /**
   * Puts a package in the place of its id. What was there stays until the new one stands.
   * @param how.mayReplace throws where what is there is used, asked once the new one is unpacked
   * @throws AppError plugin-invalid, disk-full
   */
  async install(found: Package, { signal, mayReplace }: Installing = {}): Promise<void> {
    const { id, permissions } = found.manifest;
    const tag = newTag();
    const staged = this.#new(tag);
    filling.add(tag);
    try {
      await mkdir(staged, { recursive: true });
      await requireRoom(this.#dir, found.source.bytes, 'installing a plugin');
      await unpack(found, staged, signal);
      await this.#alone(async () => {
        mayReplace?.();
        await this.#change(id, (old) => ({
          ...old,
          pending: { kind: 'install', tag, granted: permissions },
        }));
        await this.#finish();
      });
    } finally {
      filling.delete(tag);
      // What was unpacked goes, unless it is written down that it shall stand.
      if (existsSync(staged)) await this.recover().catch(() => {});
    }
  }

  /** Forgets a developer folder, which stays as it is, and what is installed. */
  async remove(id: string): Promise<void> {
    const tag = newTag();
    await this.#alone(async () => {
      await this.#change(id, (old) => ({ ...old, pending: { kind: 'remove', tag } }));
      await this.#finish();
    });
  }

  /** Changes what is known of a plugin, and nothing of its files; null forgets it. */
  async change(id: string, change: (old: PluginRecord) => PluginRecord | null): Promise<void> {
    await this.#alone(() => this.#change(id, change));
  }

  /** Finishes what a killed engine began. Another engine that is at it does it itself. */
  async recover(): Promise<void> {
    const { plugins } = await readState(this.#dir);
    const left = await this.#leftovers();
    if (left.length === 0 && plugins.every(({ pending }) => pending === null)) return;
    const lock = this.#lock();
    if (lock === null) return;
    try {
      await this.#finish();
      for (const name of await this.#leftovers()) await this.#disk.remove(join(this.#dir, name));
    } finally {
      lock.release();
    }
  }

  async #finish(): Promise<void> {
    for (const { id, pending } of (await readState(this.#dir)).plugins) {
      if (pending?.kind === 'install') await this.#finishInstalling(id, pending);
      if (pending?.kind === 'remove') await this.#finishRemoving(id, pending.tag);
    }
  }

  async #finishInstalling(id: string, { tag, granted }: { tag: string; granted: Granted }): Promise<void> {
    const place = join(this.#dir, id);
    const [fresh, old] = [this.#new(tag), this.#old(tag)];
    if (existsSync(fresh)) {
      // Whoever comes after a kill between the two finds the place empty.
      if (existsSync(place)) await this.#disk.publish(place, old);
      try {
        await this.#disk.publish(fresh, place);
      } catch (error) {
        if (existsSync(old)) await this.#disk.publish(old, place);
        await this.#change(id, (one) => (one.installed || one.developer ? { ...one, pending: null } : null));
        throw error;
      }
    }
    await this.#change(id, (one) => ({ ...one, installed: { granted }, disabled: null, pending: null }));
    await this.#disk.remove(old);
  }

  async #finishRemoving(id: string, tag: string): Promise<void> {
    const place = join(this.#dir, id);
    if (existsSync(place)) await this.#disk.publish(place, this.#old(tag));
    await this.#change(id, () => null);
    await this.#disk.remove(this.#old(tag));
  }

  async #change(id: string, change: (old: PluginRecord) => PluginRecord | null): Promise<void> {
    const { plugins, damaged } = await readState(this.#dir);
    // Set aside and not written over: somebody may read in it what is lost.
    if (damaged)
      await this.#disk.publish(stateIn(this.#dir), join(this.#dir, `plugins-damaged-${Date.now()}.json`));
    const old = plugins.find((one) => one.id === id);
    const changed = change(old ?? newRecord(id));
    const others = plugins.filter((one) => one !== old);
    await this.#disk.write(stateIn(this.#dir), stateText(changed ? [...others, changed] : others));
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    const until = Date.now() + WAIT_MS;
    let lock = this.#lock();
    while (lock === null && Date.now() < until) {
      await sleep(50);
      lock = this.#lock();
    }
    if (lock === null) {
      throw new AppError('usage', 'another Retake is changing plugins', { doing: DOING, hint: 'Try again.' });
    }
    try {
      await work();
    } finally {
      lock.release();
    }
  }

  #lock(): FileLock | null {
    return lockFile(join(this.#dir, '.lock'), { waitMs: 0, doing: DOING });
  }

  /** Hidden folders of engines that are gone, and halves of plugins.json, which nobody writes without the lock. */
  async #leftovers(): Promise<string[]> {
    const names = await readdir(this.#dir).catch(() => []);
    return names.filter((name) => {
      if (isPartial(name)) return true;
      const [, tag = '', pid = ''] = /^\.(?:new|old)-((\d+)-.*)$/.exec(name) ?? [];
      return Number(pid) === process.pid ? !filling.has(tag) : pid !== '' && !isAlive(Number(pid));
    });
  }

  #new(tag: string): string {
    return join(this.#dir, `.new-${tag}`);
  }

  #old(tag: string): string {
    return join(this.#dir, `.old-${tag}`);
  }
}

/** Of folders that this process is about to fill. */
const filling = new Set<string>();

const newTag = () => `${process.pid}-${randomBytes(4).toString('hex')}`;

type Granted = NonNullable<PluginRecord['installed']>['granted'];
