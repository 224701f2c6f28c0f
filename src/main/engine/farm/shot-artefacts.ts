/** What is derived of a shot, between its folder and the store in which a task computes. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, Cancelled, type CancelSignal } from '../../../common/errors.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { fromSystem } from '../media/target.ts';
import { differences, STAYS, takeIn, writeArtefacts } from './artefact-folder.ts';
import type { Attempt } from './attempt.ts';
import { farmPaths } from './job-folder.ts';
import { publishOnce } from './publish-once.ts';

const KEPT_EVERY_MS = 60_000;

export class ShotArtefacts {
  readonly #folder: string;
  readonly #attempt: Attempt;
  /** In an attempt's folder: what it had made when it was stopped or killed. */
  readonly #kept: string;
  /** Checksums by key: what came from elsewhere, and what of the rest was handed on already. */
  readonly #brought = new Map<string, string>();
  readonly #handed = new Map<string, string>();

  constructor(folder: string, shot: number, attempt: Attempt) {
    this.#folder = farmPaths.artefacts(folder, shot);
    this.#attempt = attempt;
    this.#kept = `kept-${shot}`;
  }

  /** Whether all that goes by this name has been brought. */
  async has(name: string): Promise<boolean> {
    return (await stat(join(this.#folder, name)).catch(() => null)) !== null;
  }

  /** Takes in what was brought, and what attempts before had made. What is damaged is told, and made again. @throws Cancelled */
  async fill(store: ArtefactStore, signal: CancelSignal): Promise<void> {
    await this.#takeIn(this.#folder, store, signal);
    for (const { key, checksum } of store.list()) this.#brought.set(key, checksum);
    for (const other of await this.#attempt.others(this.#kept))
      await this.#takeIn(join(other, this.#kept), store, signal);
  }

  async #takeIn(of: string, store: ArtefactStore, signal: CancelSignal): Promise<void> {
    const names = (await readdir(of).catch(() => [])).filter((name) => !name.startsWith('.'));
    for (const name of names.toSorted()) {
      try {
        const { damaged } = await takeIn(join(of, name), store, signal);
        for (const one of damaged) this.#attempt.says(`${one} was damaged on its way, so it is made again`);
      } catch (error) {
        if (error instanceof Cancelled) throw error;
        // Whatever did not come is made here.
        this.#attempt.says(`what was brought as ${name} cannot be read, so it is made again`);
      }
    }
  }

  /** Hands on now and then what is made while `work` runs, and again where it is given up; gone when it ends well. */
  async keeping(store: ArtefactStore, work: () => Promise<void>): Promise<void> {
    const folder = join(this.#attempt.folder, this.#kept);
    let handing: Promise<void> = Promise.resolve();
    let part = 0;
    const handOn = async () => {
      const made = madeIn(store, this.#brought, this.#handed);
      if (made.length === 0) return;
      const temporary = join(folder, `.${part}`);
      await mkdir(folder, { recursive: true });
      await writeArtefacts(
        temporary,
        store,
        made.map(({ key }) => key),
      );
      await publishOnce(temporary, join(folder, `${part++}`));
      for (const { key, checksum } of made) this.#handed.set(key, checksum);
    };
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      // A saving: where the disk does not take it, another attempt makes it again.
      handing = handOn()
        .catch(() => {})
        .finally(() => {
          busy = false;
        });
    }, KEPT_EVERY_MS).unref();
    try {
      await work();
    } catch (error) {
      await handing;
      await handOn().catch(() => {});
      throw error;
    } finally {
      clearInterval(timer);
    }
    await handing;
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }

  /** Brings all that was made here, whole or not at all; where another attempt was first, what it brought stays. @throws AppError, Cancelled */
  async publish(name: string, store: ArtefactStore, signal: CancelSignal): Promise<void> {
    const temporary = join(this.#folder, `.${name}.${this.#attempt.name}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      const made = madeIn(store, this.#brought).map(({ key }) => key);
      await writeArtefacts(temporary, store, made, signal);
      if (await publishOnce(temporary, join(this.#folder, name))) return;
      const differ = await differences(temporary, join(this.#folder, name)).catch(() => ['what it brought']);
      const what = differ.length > 3 ? `${differ.length} things` : differ.join(', ');
      if (differ.length > 0) this.#attempt.says(`another attempt was first, and made otherwise: ${what}`);
    } catch (error) {
      if (error instanceof Cancelled || error instanceof AppError) throw error;
      throw fromSystem(error, 'bringing what was made');
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** What of a store is none of these. */
function madeIn(store: ArtefactStore, ...others: readonly ReadonlyMap<string, string>[]) {
  return store
    .list()
    .filter(({ key, kind, checksum }) => kind !== STAYS && others.every((one) => one.get(key) !== checksum));
}
