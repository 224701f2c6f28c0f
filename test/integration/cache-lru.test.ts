import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ArtefactStore, openArtefacts } from '../../src/main/engine/artefacts/store.ts';
import { dice, entryFor, frameOf, putFrame } from '../helpers/cache-entries.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

/** What the cache promises, in as few words as possible: a list in order of use, cut from the front. */
class Model {
  readonly entries = new Map<string, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return [...this.entries.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  get(key: string): boolean {
    const bytes = this.entries.get(key);
    if (bytes === undefined) return false;
    this.entries.delete(key);
    this.entries.set(key, bytes);
    return true;
  }

  put(key: string, bytes: number): boolean {
    if (bytes > this.#limit) return false;
    this.entries.delete(key);
    this.cut(this.#limit - bytes);
    this.entries.set(key, bytes);
    return true;
  }

  cut(to: number): void {
    for (const key of this.entries.keys()) {
      if (this.bytes <= to) return;
      this.entries.delete(key);
    }
  }
}

describe('least recently used', () => {
  const LIMIT = 20_000;
  const KEYS = Array.from({ length: 40 }, (_, i) => `key ${i}`);

  it.each([1, 2, 3, 4, 5, 6])('behaves like a simple list (seed %i)', async (seed) => {
    const roll = dice(seed);
    const file = join(tempFolder(), 'cache.sqlite');
    // The clock stands still often, as a real one does between two uses.
    let clock = 1_700_000_000_000;
    const now = () => {
      clock += roll(0, 2) === 0 ? 1 : 0;
      return clock;
    };
    const reopen = () => openArtefacts(file, { limitBytes: LIMIT, onWarning: expect.unreachable, now });
    const sizeOf = new Map<string, number>();
    const model = new Model(LIMIT);
    let cache: ArtefactStore = reopen();
    for (let step = 0; step < 400; step++) {
      const key = KEYS[roll(0, KEYS.length - 1)]!;
      const action = roll(0, 99);
      if (action < 45) {
        const found = frameOf(cache, key);
        expect(found !== null).toBe(model.get(key));
        if (found) expect(found.value).toEqual(entryFor(key, sizeOf.get(key)).value);
      } else if (action < 94) {
        const side = [2, 5, 8, 13, 36][roll(0, 4)]!;
        const entry = entryFor(key, side);
        expect(putFrame(cache, key, entry)).toBe(model.put(key, entry.value.data.byteLength));
        if (model.entries.get(key) === entry.value.data.byteLength) sizeOf.set(key, side);
      } else if (action < 96) {
        const bytes = roll(0, LIMIT);
        const before = model.bytes;
        model.cut(bytes);
        expect((await cache.prune({ bytes })).bytes).toBe(before - model.bytes);
      } else {
        cache.close();
        // A process takes longer than a millisecond to start.
        clock += 1;
        cache = reopen();
      }
      expect(cache.has(KEYS)).toEqual(new Set(model.entries.keys()));
    }
    expect(cache.stat()).toMatchObject({ items: model.entries.size, bytes: model.bytes });
    cache.close();
  });
});
