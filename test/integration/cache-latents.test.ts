import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../src/common/errors.ts';
import { openLatentCache } from '../../src/main/engine/artefacts/latents.ts';
import { ROWS_AT_ONCE } from '../../src/main/engine/artefacts/upkeep.ts';
import { entryFor } from '../helpers/cache-entries.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const DAY = 86_400_000;

function trial(limitBytes = 1e9) {
  const file = join(tempFolder(), 'cache.sqlite');
  const warnings: string[] = [];
  const clock = { ms: 1_700_000_000_000 };
  const cache = openLatentCache(file, {
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

describe('latent cache', () => {
  it('gives back every bit and everything told about it', () => {
    const { cache, clock } = trial();
    const { meta } = entryFor('a');
    const odd = [Number.NaN, -0, Number.POSITIVE_INFINITY, 1e-45, 3.4e38, -1];
    const buffer = new Float32Array([7, 7, 7, ...odd]);
    const shape = { channels: 1, height: 2, width: 3 };
    // A view into a larger buffer must store the view only.
    expect(cache.put('k', { latent: buffer.subarray(3), meta: { ...meta, shape, psnr: null } })).toBe(true);
    const found = cache.get('k')!;
    expect(found.meta).toEqual({ ...meta, shape, psnr: null, created: clock.ms });
    expect(found.latent.byteOffset).toBe(0);
    expect(new Uint8Array(found.latent.buffer)).toEqual(new Uint8Array(buffer.slice(3).buffer));
    expect(cache.get('other')).toBeNull();
    cache.close();
  });

  it('replaces what is stored twice', () => {
    const { cache } = trial();
    cache.put('k', entryFor('old', 4));
    cache.put('k', entryFor('new', 8));
    expect(cache.get('k')!.latent).toEqual(entryFor('new', 8).latent);
    expect(cache.stat()).toMatchObject({ frames: 1, bytes: 1024 });
    cache.close();
  });

  it('refuses what exceeds the limit alone, without losing the rest', () => {
    const { cache } = trial(2000);
    cache.put('small', entryFor('small', 4));
    expect(cache.put('large', entryFor('large', 16))).toBe(false);
    expect(cache.has(['small', 'large'])).toEqual(new Set(['small']));
    cache.close();
  });

  it.each([
    ['a flipped bit of the picture', `UPDATE latents SET data = zeroblob(length(data)) WHERE id = 2`],
    ['a picture cut short', `UPDATE latents SET data = substr(data, 1, 16) WHERE id = 2`],
    ['a missing picture', `DELETE FROM latents WHERE id = 2`],
    ['a wrong shape', `UPDATE frames SET height = 16, width = 4 WHERE id = 2`],
    ['another frame’s name', `UPDATE frames SET frame = 'frame 9' WHERE id = 2`],
    [
      'two rows that changed places',
      `UPDATE frames SET key = 'x' WHERE id = 1; UPDATE frames SET key = 'k1' WHERE id = 2`,
    ],
    ['a nonsense size', `UPDATE frames SET bytes = 1e15 WHERE id = 2`],
  ])('drops %s, once, and keeps count', (_, sql) => {
    const { cache, warnings, harm } = trial();
    for (const name of ['k1', 'k2', 'k3']) cache.put(name, entryFor(name));
    harm(sql);
    const damaged = sql.includes("'k1'") ? 'k1' : 'k2';
    expect(cache.get(damaged)).toBeNull();
    expect(warnings).toHaveLength(1);
    expect(cache.get('k3')!.latent).toEqual(entryFor('k3').latent);
    expect(cache.has([damaged])).toEqual(new Set());
    expect(cache.stat()).toMatchObject({ frames: 2, bytes: 2 * 1024 });
    expect(cache.put(damaged, entryFor(damaged))).toBe(true);
    expect(cache.get(damaged)!.latent).toEqual(entryFor(damaged).latent);
    cache.close();
  });

  it('lists groups, last used first', () => {
    const { cache, clock } = trial();
    const put = (key: string, clip: string, psnr: number | null) => {
      const entry = entryFor(key);
      cache.put(key, { ...entry, meta: { ...entry.meta, clip, psnr } });
      clock.ms += 1000;
    };
    put('a1', 'a.mp4', 40);
    put('a2', 'a.mp4', 31);
    put('b1', 'b.mp4', null);
    expect(cache.ls().map(({ clip }) => clip)).toEqual(['b.mp4', 'a.mp4']);
    cache.get('a1');
    expect(cache.ls()).toEqual([
      {
        clip: 'a.mp4',
        bundle: 'tiny',
        sourcePrompt: 'a jeep 🚙',
        settings: 'ddim, 10 steps',
        frames: 2,
        bytes: 2048,
        worstPsnr: 31,
        lastUsed: clock.ms,
      },
      expect.objectContaining({ clip: 'b.mp4', frames: 1, worstPsnr: null }),
    ]);
    cache.close();
  });

  it('prunes in slices: others write meanwhile and stay, and whoever asked may give up', async () => {
    const file = join(tempFolder(), 'cache.sqlite');
    const open = () => openLatentCache(file, { limitBytes: 1e9, onWarning: expect.unreachable });
    const cache = open();
    const other = open();
    const count = 20 * ROWS_AT_ONCE;
    for (let i = 0; i < count; i++) cache.put(`k ${i}`, entryFor(`k ${i}`, 16));

    // Given up after the first slices: what is gone is gone, the rest is whole.
    const stop = { aborted: false };
    const givenUp = cache.prune({ all: true }, stop);
    await turns(3);
    stop.aborted = true;
    await expect(givenUp).rejects.toThrow(Cancelled);
    const left = cache.stat().frames;
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
      if (other.put(`n ${written}`, entryFor(`n ${written}`, 16))) written++;
      answered += cache.stat().frames >= 0 ? 1 : 0;
    }
    // Each slice of rows is one turn at the least.
    expect(written).toBeGreaterThanOrEqual(left / ROWS_AT_ONCE);
    expect(answered).toBe(written);
    expect((await pruned).frames).toBe(left);
    expect(other.stat().frames).toBe(written);
    expect(await other.verify()).toEqual({ frames: written, damaged: 0, rebuilt: false });
  });

  it('reaches a limit that was lowered over several puts, none of which drops many', () => {
    const file = join(tempFolder(), 'cache.sqlite');
    const roomy = openLatentCache(file, { limitBytes: 1e9, onWarning: expect.unreachable });
    for (let i = 0; i < 300; i++) roomy.put(`k ${i}`, entryFor(`k ${i}`, 8));
    const bytes = entryFor('k', 8).latent.byteLength;
    const tight = openLatentCache(file, { limitBytes: 10 * bytes, onWarning: () => {} });
    const frames: number[] = [];
    for (let i = 0; i < 8; i++) {
      tight.put(`n ${i}`, entryFor(`n ${i}`, 8));
      frames.push(tight.stat().frames);
    }
    expect(frames.slice(0, 5)).toEqual([237, 174, 111, 48, 10]);
    expect(frames.at(-1)).toBe(10);
  });

  it('prunes by age, by size and altogether, and the file shrinks', async () => {
    const { cache, clock, file } = trial();
    for (let i = 0; i < 100; i++) {
      if (i === 40) clock.ms += 10 * DAY;
      cache.put(`k${i}`, entryFor(`k${i}`, 32));
    }
    const full = cache.stat();
    expect(full.fileBytes).toBeGreaterThan(100 * 16384);
    cache.get('k3');
    expect(await cache.prune({ olderThanDays: 5 })).toEqual({ frames: 39, bytes: 39 * 16384 });
    expect(cache.has(['k3', 'k4'])).toEqual(new Set(['k3']));
    const aged = statSync(file).size;
    expect(aged).toBeLessThan(0.7 * full.fileBytes);
    expect(await cache.prune({ bytes: 20 * 16384 })).toEqual({ frames: 41, bytes: 41 * 16384 });
    const small = statSync(file).size;
    expect(small).toBeLessThan(0.4 * aged);
    expect(await cache.prune({ all: true })).toEqual({ frames: 20, bytes: 20 * 16384 });
    expect(cache.stat()).toMatchObject({ frames: 0, bytes: 0 });
    expect(statSync(file).size).toBeLessThan(100_000);
    expect(cache.ls()).toEqual([]);
    cache.close();
  });

  it('verifies every row, removes the damaged, and leaves no orphans', async () => {
    const { cache, harm, file, warnings } = trial();
    for (let i = 0; i < 150; i++) cache.put(`k${i}`, entryFor(`k${i}`));
    expect(await cache.verify()).toEqual({ frames: 150, damaged: 0, rebuilt: false });
    harm(`UPDATE latents SET data = zeroblob(1024) WHERE id % 50 = 3; INSERT INTO latents VALUES (9999, zeroblob(5000));
      UPDATE totals SET bytes = -5`);
    expect(await cache.verify()).toEqual({ frames: 150, damaged: 3, rebuilt: false });
    expect(await cache.verify()).toEqual({ frames: 147, damaged: 0, rebuilt: false });
    expect(cache.stat()).toMatchObject({ frames: 147, bytes: 147 * 1024 });
    const db = new Database(file);
    expect(db.prepare('SELECT count(*) FROM latents').pluck().get()).toBe(147);
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
