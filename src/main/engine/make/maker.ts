/** Finds derived things in the store, or makes them: with what they need, once for all engines, counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, throwIfCancelled } from '../../../common/errors.ts';
import { keyOf } from '../artefacts/keys.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Check, Derived, Half, LearntStep, Making } from './derived.ts';
import { Tally, type Work } from './tally.ts';

export interface Had<T> {
  readonly value: T;
  readonly psnr: number | null;
  readonly made: boolean;
}

export interface MakerOptions {
  /** Null where the disk has no room for one: everything is made, nothing kept. */
  readonly store: ArtefactStore | null;
  readonly signal: AbortSignal;
  /** After each network call. */
  readonly onCall?: (work: Work) => void;
  /** After each step of learning. @returns whether what was learnt so far is enough */
  readonly onLoss?: (step: LearntStep) => boolean;
}

const LEASE_POLL_MS = 250;
const PROLONG_MS = 60_000;

export class Maker {
  /** What was made and found so far. */
  readonly tally = new Tally();
  /** Without a store, what was made last of each kind: a frame's things need each other. */
  readonly #latest = new Map<string, { readonly key: string; readonly had: Had<unknown> }>();
  readonly #options: MakerOptions;

  constructor(options: MakerOptions) {
    this.#options = options;
  }

  /** Found, or made with all that it needs; where another engine makes it, waits for that. @throws as `make` does */
  async have<T>(thing: Derived<T>): Promise<Had<T>> {
    for (;;) {
      const had = await this.#unlessBusy(thing);
      if (had) return had;
      const { signal } = this.#options;
      await sleep(LEASE_POLL_MS, undefined, { signal }).catch(() => {});
      throwIfCancelled(signal);
    }
  }

  /**
   * Each in its turn; none is held. What another engine makes is put off to the end, so that two share the work. No more
   * than one is made at a time. @param onHad hears each as it comes
   */
  async each<T, X = unknown>(
    things: AsyncIterable<Derived<T> & X>,
    onHad: (had: Had<T>, thing: Derived<T> & X) => void,
  ): Promise<void> {
    const busy: (Derived<T> & X)[] = [];
    for await (const thing of things) {
      throwIfCancelled(this.#options.signal);
      const had = await this.#unlessBusy(thing);
      if (had) onHad(had, thing);
      else busy.push(thing);
    }
    for (const thing of busy) onHad(await this.have(thing), thing);
  }

  /** Measures a kept thing that was never measured, and keeps the number with it. @returns dB */
  async check<T>({ of, needs, measure }: Check<T>, value: T): Promise<number> {
    const psnr = await measure(value, this.#making(needs));
    this.#options.store?.put(of.kind, of.key!, value, { ...of.names, psnr });
    return psnr;
  }

  /** Null where another engine makes it. */
  async #unlessBusy<T>(thing: Derived<T>): Promise<Had<T> | null> {
    const { store } = this.#options;
    const { kind, key } = thing;
    assert(key !== null, 'what a thing depends on is made before it is');
    if (!store) {
      const latest = this.#latest.get(kind.id);
      if (latest?.key !== key) return this.#make(thing, () => {});
      this.tally.found(kind.id);
      return { ...(latest.had as Had<T>), made: false };
    }
    const find = (): Had<T> | null => {
      const found = store.get(kind, key);
      if (found) this.tally.found(kind.id);
      return found && { value: found.value, psnr: found.meta.psnr, made: false };
    };
    const found = find();
    if (found) return found;
    if (!store.lease(key)) return null;
    try {
      // Another engine may have kept it in this very moment.
      const late = find();
      if (late) return late;
      let said = performance.now();
      return await this.#make(thing, () => {
        if (performance.now() - said < PROLONG_MS) return;
        said = performance.now();
        store.lease(key);
      });
    } finally {
      store.release(key);
    }
  }

  async #make<T>(thing: Derived<T>, stillAtIt: () => void): Promise<Had<T>> {
    throwIfCancelled(this.#options.signal);
    const { store } = this.#options;
    const half = halfOf(thing, store);
    const { value, psnr = null } = await thing.make({ ...this.#making(thing.needs, stillAtIt), half });
    this.tally.made(thing.kind.id);
    const had = { value, psnr, made: true };
    if (store) {
      store.put(thing.kind, thing.key!, value, { ...thing.names, psnr });
      half.drop();
    } else this.#latest.set(thing.kind.id, { key: thing.key!, had });
    return had;
  }

  #making(needs: readonly Derived<unknown>[], stillAtIt: () => void = () => {}): Making {
    const { signal, onCall, onLoss } = this.#options;
    return {
      signal,
      ...(onLoss && { onLoss }),
      have: async (need) => {
        assert(needs.includes(need), 'only what is named as a need is asked for');
        return (await this.have(need)).value;
      },
      onCall: (work) => {
        this.tally.call(work);
        stillAtIt();
        onCall?.(work);
      },
    };
  }
}

/** Kept under a key of its own, and never found as the whole. */
function halfOf<T>(thing: Derived<T>, store: ArtefactStore | null): Half<T> & { drop(): void } {
  const { kind, names } = thing;
  const key = keyOf(kind.id, 0, { half: thing.key });
  let isKept = false;
  return {
    read() {
      const found = store?.get(kind, key)?.value ?? null;
      isKept = found !== null;
      return found;
    },
    keep(value) {
      isKept =
        store?.put(kind, key, value, { ...names, name: `${names.name}, half made`, psnr: null }) ?? false;
    },
    drop() {
      if (isKept) store?.drop(key);
    },
  };
}
