import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { entryFor, frameOf, putFrame } from '../helpers/cache-entries.ts';
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

const LIMIT = 20_000;
const KEYS = Array.from({ length: 40 }, (_, i) => `key ${i}`);

const key = fc.constantFrom(...KEYS);
/** What is done with the cache; `tick` says whether the clock moves, which stands still often between two uses. */
const action = fc.oneof(
  { weight: 45, arbitrary: fc.record({ kind: fc.constant('get' as const), key }) },
  {
    weight: 49,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key, side: fc.constantFrom(2, 5, 8, 13, 36) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prune' as const), bytes: fc.nat(LIMIT) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);
const step = fc.record({ action, tick: fc.constantFrom(0, 0, 1) });

it('drops the least recently used, as a simple list does', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 800, size: 'max' }), async (steps) => {
    const file = join(tempFolder(), 'cache.sqlite');
    let clock = 1_700_000_000_000;
    const now = () => clock;
    const reopen = () => new ArtefactStore(file, { limitBytes: LIMIT, onWarning: expect.unreachable, now });
    const sizeOf = new Map<string, number>();
    const model = new Model(LIMIT);
    let cache: ArtefactStore = reopen();
    for (const { action, tick } of steps) {
      clock += tick;
      if (action.kind === 'get') {
        const found = frameOf(cache, action.key);
        expect(found !== null).toBe(model.get(action.key));
        if (found) expect(found.value).toEqual(entryFor(action.key, sizeOf.get(action.key)).value);
      } else if (action.kind === 'put') {
        const { key, side } = action;
        const entry = entryFor(key, side);
        expect(putFrame(cache, key, entry)).toBe(model.put(key, entry.value.data.byteLength));
        if (model.entries.get(key) === entry.value.data.byteLength) sizeOf.set(key, side);
      } else if (action.kind === 'prune') {
        const before = model.bytes;
        model.cut(action.bytes);
        expect((await cache.prune({ bytes: action.bytes })).bytes).toBe(before - model.bytes);
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
  await fc.assert(property, { seed: 1, numRuns: 6 });
});
