/** Every kind of artefact, large ones as files beside the database, and caches of other versions. */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ARTEFACT_KINDS } from '../../src/common/contract/cache.ts';
import type { Tensor } from '../../src/main/engine/artefacts/codecs.ts';
import { LARGE_BYTES } from '../../src/main/engine/artefacts/files.ts';
import { type Kind, kinds } from '../../src/main/engine/artefacts/kinds.ts';
import { ARTEFACT_MIGRATIONS, ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { dice, entryFor, frameOf, largeFor, putFrame } from '../helpers/cache-entries.ts';
import { openDatabase } from '../helpers/open-database.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function trial({ limitBytes = 1e9, dir = tempFolder() } = {}) {
  const file = join(dir, 'cache.sqlite');
  const folder = join(dir, 'artefacts');
  const warnings: string[] = [];
  const open = () => new ArtefactStore(file, { limitBytes, onWarning: (line) => warnings.push(line) });
  const harm = (sql: string) => {
    const db = new Database(file);
    db.exec(sql);
    db.close();
  };
  const files = () => (existsSync(folder) ? readdirSync(folder) : []);
  return { dir, file, folder, warnings, store: open(), open, harm, files };
}

function numbers(seed: number, ...shape: number[]): Tensor {
  const roll = dice(seed);
  const length = shape.reduce((product, side) => product * side, 1);
  return { shape, data: Float32Array.from({ length }, () => roll(-1000, 1000) / 64) };
}

const { names } = entryFor('a');
const LARGE = largeFor(1).data.byteLength;

/** What small makers of each kind make. */
const MADE: Record<(typeof ARTEFACT_KINDS)[number], unknown> = {
  inversion: numbers(1, 4, 8, 8),
  latents: numbers(2, 4, 8, 8),
  depth: numbers(3, 8, 8),
  condition: Uint8Array.from({ length: 64 }, (_, i) => 255 * (i % 2)),
  surroundings: numbers(13, 5, 8, 8),
  text: {
    hidden: numbers(4, 77 * 16).data,
    tokens: 77,
    dim: 16,
    pooled: numbers(5, 8).data,
    timeIds: numbers(6, 6).data,
  },
  flow: numbers(7, 2, 8, 8),
  mask: numbers(8, 8, 8),
  trajectory: numbers(9, 5, 4, 8, 8),
  'null-text': numbers(10, 4, 77, 16),
  tuned: { 'down.0.attn1.to_q.weight': numbers(11, 4, 4), 'mid.attn2.to_q.bias': numbers(12, 3) },
  look: Uint8Array.from({ length: 3 * 64 * 64 + 64 }, (_, i) => i % 251),
  digests: Uint8Array.from({ length: 64 }, (_, i) => i),
  scores: { take: '/takes/a.mov', frames: 24, notes: ['a note'] },
};

const all: readonly Kind<unknown>[] = Object.values(kinds);

describe('kinds', () => {
  it('are those that the contract names, each with a label of its own', () => {
    expect(all.map(({ id }) => id)).toEqual([...ARTEFACT_KINDS]);
    expect(Object.keys(kinds)).toEqual([...ARTEFACT_KINDS]);
    expect(new Set(all.map(({ label }) => label)).size).toBe(ARTEFACT_KINDS.length);
  });

  it.each(all)('$id: what was made comes back to the bit, under its own kind only', async (kind) => {
    const { store, open, warnings } = trial();
    expect(store.get(kind, 'k')).toBeNull();
    expect(store.put(kind, 'k', MADE[kind.id], names)).toBe(true);
    const again = open();
    expect(again.get(kind, 'k')).toEqual({
      value: MADE[kind.id],
      meta: { ...names, created: expect.any(Number) },
    });
    expect(again.ls()).toMatchObject([{ kind: kind.id, label: kind.label, items: 1 }]);
    expect(again.stat().kinds).toMatchObject([{ kind: kind.id, label: kind.label, items: 1 }]);
    expect(await again.verify()).toEqual({ items: 1, damaged: 0, rebuilt: false });
    expect(warnings).toEqual([]);
  });

  it('text without pooled parts has none afterwards', () => {
    const { store } = trial();
    const plain = { hidden: numbers(1, 6).data, tokens: 3, dim: 2 };
    store.put(kinds.text, 'k', plain, names);
    expect(store.get(kinds.text, 'k')!.value).toEqual(plain);
  });

  it('are pruned by themselves, by age, by size and altogether', async () => {
    const { store } = trial();
    for (let i = 0; i < 50; i++) {
      putFrame(store, `i ${i}`);
      store.put(kinds.depth, `d ${i}`, numbers(i, 16, 16), names);
    }
    expect(await store.prune({ olderThanDays: 1, kind: 'depth' })).toEqual({ items: 0, bytes: 0 });
    expect(await store.prune({ bytes: 10 * 1024, kind: 'depth' })).toEqual({ items: 40, bytes: 40 * 1024 });
    expect(store.has(['d 39', 'd 40'])).toEqual(new Set(['d 40']));
    expect(await store.prune({ all: true, kind: 'depth' })).toEqual({ items: 10, bytes: 10 * 1024 });
    expect(store.stat()).toMatchObject({ items: 50, kinds: [{ kind: 'inversion', items: 50 }] });
  });
});

describe('a large artefact', () => {
  it('is a file named by its digest, counted, listed and checked with the others', async () => {
    expect(LARGE).toBeGreaterThan(LARGE_BYTES);
    const { store, open, files, file } = trial();
    putFrame(store, 'small');
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    expect(files()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(readFileSync(file).length).toBeLessThan(LARGE_BYTES);
    expect(open().get(kinds.trajectory, 'k')!.value).toEqual(largeFor(1));
    expect(store.stat()).toMatchObject({ items: 2, bytes: LARGE + 1024 });
    expect(store.stat().fileBytes).toBeGreaterThan(LARGE);
    expect(await store.verify()).toEqual({ items: 2, damaged: 0, rebuilt: false });
  });

  it('takes its file along when it is replaced, evicted or pruned', async () => {
    const { store, files } = trial({ limitBytes: 2.5 * LARGE });
    for (const seed of [1, 2, 2, 3]) store.put(kinds.trajectory, `k ${seed}`, largeFor(seed), names);
    expect(store.has(['k 1', 'k 2', 'k 3'])).toEqual(new Set(['k 2', 'k 3']));
    expect(files()).toHaveLength(2);
    await store.prune({ bytes: LARGE });
    expect(files()).toHaveLength(1);
    expect(store.get(kinds.trajectory, 'k 3')!.value).toEqual(largeFor(3));
    await store.prune({ all: true });
    expect(files()).toEqual([]);
  });

  it.each<[string, (path: string) => void]>([
    ['gone', (path) => rmSync(path)],
    ['cut short', (path) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
    [
      'changed in one bit',
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
  ])('whose file is %s is dropped by reading and by verifying, once', async (_, damage) => {
    const { store, files, folder, warnings } = trial();
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    store.put(kinds.trajectory, 'whole', largeFor(2), names);
    const hurt = () => damage(join(folder, fileOf('k')));
    const fileOf = (key: string) => {
      const db = new Database(join(folder, '../cache.sqlite'), { readonly: true });
      const name = db.prepare('SELECT checksum FROM artefacts WHERE key = ?').pluck().get(key) as string;
      db.close();
      return name;
    };
    hurt();
    expect(store.get(kinds.trajectory, 'k')).toBeNull();
    expect(warnings).toEqual([expect.stringContaining('(inversion paths) was damaged')]);
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    hurt();
    expect(await store.verify()).toEqual({ items: 2, damaged: 1, rebuilt: false });
    expect(await store.verify()).toEqual({ items: 1, damaged: 0, rebuilt: false });
    expect(store.stat()).toMatchObject({ items: 1, bytes: LARGE });
    expect(files()).toEqual([fileOf('whole')]);
    expect(warnings).toHaveLength(1);
  });

  it('leaves no orphans: a file without its row goes, half-written ones when they are old, others stay', async () => {
    const { store, open, folder, files } = trial();
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    const [kept] = files();
    const temporary = `.${'b'.repeat(64)}.123`;
    for (const name of ['a'.repeat(64), temporary, 'notes.txt']) writeFileSync(join(folder, name), 'x');
    await store.verify();
    expect(files().sort()).toEqual([temporary, kept, 'notes.txt'].sort());
    utimesSync(join(folder, temporary), 1, 1);
    writeFileSync(join(folder, 'c'.repeat(64)), 'x');
    open();
    expect(files().sort()).toEqual([kept, 'notes.txt'].sort());
  });

  it('is looked for nowhere else, whatever the database says', async () => {
    const { store, dir, harm } = trial();
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    const outside = join(dir, 'outside');
    writeFileSync(outside, new Uint8Array(largeFor(1).data.buffer));
    harm(`UPDATE artefacts SET checksum = '../outside'`);
    expect(await store.verify()).toMatchObject({ damaged: 1 });
    harm(`UPDATE totals SET items = 0`);
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    harm(`UPDATE artefacts SET checksum = '../outside'`);
    expect(store.get(kinds.trajectory, 'k')).toBeNull();
    await store.prune({ all: true });
    expect(existsSync(outside)).toBe(true);
  });

  it('that another engine prunes while it is read is missing, not damaged', async () => {
    const { store, open, warnings } = trial();
    const other = open();
    store.put(kinds.trajectory, 'k', largeFor(1), names);
    await other.prune({ all: true });
    expect(store.get(kinds.trajectory, 'k')).toBeNull();
    expect(warnings).toEqual([]);
  });
});

describe('a cache of another version', () => {
  const before = resolve(import.meta.dirname, '../fixtures/cache-of-0.1/cache.sqlite');

  it('from before there were kinds keeps every frame, with all that was told of it', async () => {
    const dir = tempFolder();
    copyFileSync(before, join(dir, 'cache.sqlite'));
    const copy = join(dir, 'before.sqlite');
    copyFileSync(before, copy);
    const old = openDatabase(copy, { migrations: ARTEFACT_MIGRATIONS.slice(0, 2), label: 'the cache' });
    const rows = old
      .prepare<[], { key: string; data: Uint8Array; psnr: number | null; frame: string }>(
        'SELECT key, frame, psnr, data FROM frames JOIN latents USING (id)',
      )
      .all();
    old.close();
    expect(rows).toHaveLength(6);
    const { store, warnings } = trial({ dir });
    for (const { key, data, psnr, frame } of rows) {
      const { value, meta } = frameOf(store, key)!;
      expect(value.shape).toEqual([12, 8, 8]);
      expect(Buffer.from(value.data.buffer).equals(data)).toBe(true);
      expect(meta).toMatchObject({ name: frame, psnr, clip: 'clip.mp4' });
    }
    // Both were used just now, so which comes first is the clock's affair.
    expect(store.ls().toSorted((a, b) => (a.bundle < b.bundle ? 1 : -1))).toMatchObject([
      { kind: 'inversion', bundle: 'depth-bundle', items: 3, settings: 'ddim, 4 steps, refinement 0, 64×64' },
      { kind: 'inversion', bundle: 'bundle', items: 3 },
    ]);
    expect(await store.verify()).toEqual({ items: 6, damaged: 0, rebuilt: false });
    expect(store.stat()).toMatchObject({ items: 6, bytes: 6 * 12 * 64 * 4 });
    expect(store.lease('another')).toBe(true);
    expect(putFrame(store, 'new')).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('from a newer one is set aside with a word', () => {
    const dir = tempFolder();
    const file = join(dir, 'cache.sqlite');
    const newer = { version: ARTEFACT_MIGRATIONS.length + 1, name: 'newer', sql: 'CREATE TABLE newer (x)' };
    openDatabase(file, { migrations: [...ARTEFACT_MIGRATIONS, newer], label: 'the cache' }).close();
    const { store, warnings, open } = trial({ dir });
    const aside = readdirSync(dir).filter((name) => name.includes('newer'));
    expect(aside).toEqual([expect.stringMatching(/^cache\.sqlite\.newer-[\dTZ-]+$/)]);
    expect(warnings).toEqual([
      expect.stringMatching(/^the cache was written by a newer version of Retake and starts afresh;.*newer-/),
    ]);
    expect(putFrame(store, 'k')).toBe(true);
    store.close();
    expect(frameOf(open(), 'k')).not.toBeNull();
    expect(warnings).toHaveLength(1);
  });
});
