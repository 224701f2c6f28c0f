import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { ROWS_AT_ONCE } from '../../src/main/engine/artefacts/upkeep.ts';
import { entryFor, frameOf, putFrame } from '../helpers/cache-entries.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const DAY = 86_400_000;

function trial(limitBytes = 1e9) {
  const file = join(tempFolder(), 'cache.sqlite');
  const warnings: string[] = [];
  const clock = { ms: 1_700_000_000_000 };
  const cache = new ArtefactStore(file, {
    limitBytes,
    onWarning: (line) => warnings.push(line),
    now: () => clock.ms,
  });
  /** Harms the file behind the cache's back. */
  const harm = (sql: string) => {
    const db = new Database(file);
    db.exec(sql);
    db.close();
  };
  return { file, warnings, clock, cache, harm };
}

/** Of this process's loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the artefact store', () => {
  it('gives back every bit and everything told about it', () => {
    const { cache, clock } = trial();
    const { names } = entryFor('a');
    const odd = [Number.NaN, -0, Number.POSITIVE_INFINITY, 1e-45, 3.4e38, -1];
    const buffer = new Float32Array([7, 7, 7, ...odd]);
    const shape = [1, 2, 3];
    // A view into a larger buffer must store the view only.
    const entry = { value: { shape, data: buffer.subarray(3) }, names: { ...names, psnr: null } };
    expect(putFrame(cache, 'k', entry)).toBe(true);
    const { value, meta } = frameOf(cache, 'k')!;
    expect(meta).toEqual({ ...names, psnr: null, created: clock.ms });
    expect(value.shape).toEqual(shape);
    expect(value.data.byteOffset).toBe(0);
    expect(new Uint8Array(value.data.buffer)).toEqual(new Uint8Array(buffer.slice(3).buffer));
    expect(frameOf(cache, 'other')).toBeNull();
    cache.close();
  });

  it('replaces what is stored twice', () => {
    const { cache } = trial();
    putFrame(cache, 'k', entryFor('old', 4));
    putFrame(cache, 'k', entryFor('new', 8));
    expect(frameOf(cache, 'k')!.value).toEqual(entryFor('new', 8).value);
    expect(cache.stat()).toMatchObject({ items: 1, bytes: 1024 });
    cache.close();
  });

  it('refuses what exceeds the limit alone, without losing the rest', () => {
    const { cache } = trial(2000);
    putFrame(cache, 'small', entryFor('small', 4));
    expect(putFrame(cache, 'large', entryFor('large', 16))).toBe(false);
    expect(cache.has(['small', 'large'])).toEqual(new Set(['small']));
    cache.close();
  });

  it.each([
    ['a flipped bit of the picture', `UPDATE contents SET data = zeroblob(length(data)) WHERE id = 2`],
    ['a picture cut short', `UPDATE contents SET data = substr(data, 1, 16) WHERE id = 2`],
    ['a missing picture', `DELETE FROM contents WHERE id = 2`],
    ['a wrong shape', `UPDATE artefacts SET shape = '[4,16,4]' WHERE id = 2`],
    ['another frame’s name', `UPDATE artefacts SET name = 'frame 9' WHERE id = 2`],
    [
      'two rows that changed places',
      `UPDATE artefacts SET key = 'x' WHERE id = 1; UPDATE artefacts SET key = 'k1' WHERE id = 2`,
    ],
    ['another kind', `UPDATE artefacts SET kind = 'depth' WHERE id = 2`],
    ['a nonsense size', `UPDATE artefacts SET bytes = 1e15 WHERE id = 2`],
  ])('drops %s, once, and keeps count', (_, sql) => {
    const { cache, warnings, harm } = trial();
    for (const name of ['k1', 'k2', 'k3']) putFrame(cache, name, entryFor(name));
    harm(sql);
    const damaged = sql.includes("'k1'") ? 'k1' : 'k2';
    expect(frameOf(cache, damaged)).toBeNull();
    expect(warnings).toHaveLength(1);
    expect(frameOf(cache, 'k3')!.value).toEqual(entryFor('k3').value);
    expect(cache.has([damaged])).toEqual(new Set());
    expect(cache.stat()).toMatchObject({ items: 2, bytes: 2 * 1024 });
    expect(putFrame(cache, damaged, entryFor(damaged))).toBe(true);
    expect(frameOf(cache, damaged)!.value).toEqual(entryFor(damaged).value);
    cache.close();
  });

  it('lists groups, last used first', () => {
    const { cache, clock } = trial();
    const put = (key: string, clip: string, psnr: number | null) => {
      const entry = entryFor(key);
      putFrame(cache, key, { ...entry, names: { ...entry.names, clip, psnr } });
      clock.ms += 1000;
    };
    put('a1', 'a.mp4', 40);
    put('a2', 'a.mp4', 31);
    put('b1', 'b.mp4', null);
    expect(cache.ls().map(({ clip }) => clip)).toEqual(['b.mp4', 'a.mp4']);
    frameOf(cache, 'a1');
    expect(cache.ls()).toEqual([
      {
        kind: 'inversion',
        label: 'inverted frames',
        clip: 'a.mp4',
        bundle: 'tiny',
        prompt: 'a jeep 🚙',
        settings: 'ddim, 10 steps',
        items: 2,
        bytes: 2048,
        worstPsnr: 31,
        lastUsed: clock.ms,
      },
      expect.objectContaining({ clip: 'b.mp4', items: 1, worstPsnr: null }),
    ]);
    cache.close();
  });

  it('prunes in slices: others write meanwhile and stay, and whoever asked may give up', async () => {
    const file = join(tempFolder(), 'cache.sqlite');
    const open = () => new ArtefactStore(file, { limitBytes: 1e9, onWarning: expect.unreachable });
    const cache = open();
    const other = open();
    const count = 20 * ROWS_AT_ONCE;
    for (let i = 0; i < count; i++) putFrame(cache, `k ${i}`, entryFor(`k ${i}`, 16));

    // Given up after the first slices: what is gone is gone, the rest is whole.
    const stop = { aborted: false };
    const givenUp = cache.prune({ all: true }, stop);
    await turns(3);
    stop.aborted = true;
    await expect(givenUp).rejects.toThrow(Cancelled);
    const left = cache.stat().items;
    expect(left).toBeLessThan(count);
    expect(left).toBeGreaterThan(count / 2);

    let ended = false;
    let written = 0;
    let answered = 0;
    const pruned = cache.prune({ all: true }).finally(() => {
      ended = true;
    });
    while (!ended) {
      await turns(1);
      if (ended) break;
      if (putFrame(other, `n ${written}`, entryFor(`n ${written}`, 16))) written++;
      answered += cache.stat().items >= 0 ? 1 : 0;
    }
    // Each slice of rows is one turn at the least.
    expect(written).toBeGreaterThanOrEqual(left / ROWS_AT_ONCE);
    expect(answered).toBe(written);
    expect((await pruned).items).toBe(left);
    expect(other.stat().items).toBe(written);
    expect(await other.verify()).toEqual({ items: written, damaged: 0, rebuilt: false });
  });

  it('reaches a limit that was lowered over several puts, none of which drops many', () => {
    const file = join(tempFolder(), 'cache.sqlite');
    const roomy = new ArtefactStore(file, { limitBytes: 1e9, onWarning: expect.unreachable });
    for (let i = 0; i < 300; i++) putFrame(roomy, `k ${i}`, entryFor(`k ${i}`, 8));
    const bytes = entryFor('k', 8).value.data.byteLength;
    const tight = new ArtefactStore(file, { limitBytes: 10 * bytes, onWarning: () => {} });
    const items: number[] = [];
    for (let i = 0; i < 8; i++) {
      putFrame(tight, `n ${i}`, entryFor(`n ${i}`, 8));
      items.push(tight.stat().items);
    }
    expect(items.slice(0, 5)).toEqual([237, 174, 111, 48, 10]);
    expect(items.at(-1)).toBe(10);
  });

  it('prunes by age, by size and altogether, and the file shrinks', async () => {
    const { cache, clock, file } = trial();
    for (let i = 0; i < 100; i++) {
      if (i === 40) clock.ms += 10 * DAY;
      putFrame(cache, `k${i}`, entryFor(`k${i}`, 32));
    }
    const full = cache.stat();
    expect(full.fileBytes).toBeGreaterThan(100 * 16384);
    frameOf(cache, 'k3');
    expect(await cache.prune({ olderThanDays: 5 })).toEqual({ items: 39, bytes: 39 * 16384 });
    expect(cache.has(['k3', 'k4'])).toEqual(new Set(['k3']));
    const aged = statSync(file).size;
    expect(aged).toBeLessThan(0.7 * full.fileBytes);
    expect(await cache.prune({ bytes: 20 * 16384 })).toEqual({ items: 41, bytes: 41 * 16384 });
    const small = statSync(file).size;
    expect(small).toBeLessThan(0.4 * aged);
    expect(await cache.prune({ all: true })).toEqual({ items: 20, bytes: 20 * 16384 });
    expect(cache.stat()).toMatchObject({ items: 0, bytes: 0 });
    expect(statSync(file).size).toBeLessThan(100_000);
    expect(cache.ls()).toEqual([]);
    cache.close();
  });

  it('verifies every row, removes the damaged, and leaves no orphans', async () => {
    const { cache, harm, file, warnings } = trial();
    for (let i = 0; i < 150; i++) putFrame(cache, `k${i}`, entryFor(`k${i}`));
    expect(await cache.verify()).toEqual({ items: 150, damaged: 0, rebuilt: false });
    harm(`UPDATE contents SET data = zeroblob(1024) WHERE id % 50 = 3; INSERT INTO contents VALUES (9999, zeroblob(5000));
      UPDATE totals SET bytes = -5`);
    expect(await cache.verify()).toEqual({ items: 150, damaged: 3, rebuilt: false });
    expect(await cache.verify()).toEqual({ items: 147, damaged: 0, rebuilt: false });
    expect(cache.stat()).toMatchObject({ items: 147, bytes: 147 * 1024 });
    const db = new Database(file);
    expect(db.prepare('SELECT count(*) FROM contents').pluck().get()).toBe(147);
    db.close();
    await expect(cache.verify({ aborted: true })).rejects.toThrow(Cancelled);
    expect(warnings).toEqual([]);
    cache.close();
  });

  it('remembers digests of unchanged files only', () => {
    const { cache, harm } = trial();
    const { digests } = cache;
    const digest = 'ab'.repeat(32);
    digests.set('/models/ünet.onnx', 3.4e9, 1700000000123.456, digest);
    expect(digests.get('/models/ünet.onnx', 3.4e9, 1700000000123.456)).toBe(digest);
    expect(digests.get('/models/ünet.onnx', 3.4e9 + 1, 1700000000123.456)).toBeNull();
    expect(digests.get('/models/ünet.onnx', 3.4e9, 1700000000123.457)).toBeNull();
    digests.set('/models/ünet.onnx', 5, 6, 'cd'.repeat(32));
    expect(digests.get('/models/ünet.onnx', 5, 6)).toBe('cd'.repeat(32));
    harm(`UPDATE file_digests SET digest = 'cd?' || digest`);
    expect(digests.get('/models/ünet.onnx', 5, 6)).toBeNull();
    cache.close();
  });
});
