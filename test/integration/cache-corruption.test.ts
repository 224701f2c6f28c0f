import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { dice, entryFor, frameOf, putFrame } from '../helpers/cache-entries.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

/** A whole number in [low, high]. */
type Roll = (low: number, high: number) => number;

/** Numbers drawn beforehand are counted round into what is asked for; when they are used up, the lowest comes. */
function rollFrom(numbers: readonly number[]): Roll {
  const left = numbers.values();
  return (low, high) => low + ((left.next().value ?? 0) % (high - low + 1));
}

const KEYS = Array.from({ length: 60 }, (_, i) => `frame ${i}`);
const SIDES = [4, 16, 24];
const PAGE = 4096;
/** Contents by suffix of a cache whose newest rows are still in the write-ahead log, and of one that was closed. */
const whole = new Map<string, Buffer>();
const closed = new Map<string, Buffer>();

const entry = (key: string) => entryFor(key, SIDES[KEYS.indexOf(key) % SIDES.length] ?? 8);

beforeAll(() => {
  const dir = join(import.meta.dirname, `.cache-template-${process.pid}`);
  mkdirSync(dir);
  try {
    const file = join(dir, 'cache.sqlite');
    const options = { limitBytes: 1e9, onWarning: expect.unreachable };
    let cache = new ArtefactStore(file, options);
    for (const key of KEYS.slice(0, 40)) putFrame(cache, key, entry(key));
    cache.close();
    cache = new ArtefactStore(file, options);
    for (const key of KEYS.slice(40)) putFrame(cache, key, entry(key));
    for (const suffix of ['', '-wal', '-shm']) whole.set(suffix, readFileSync(file + suffix));
    cache.close();
    closed.set('', readFileSync(file));
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function change(path: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  edit(bytes);
  writeFileSync(path, bytes);
}

function garbage(roll: Roll, length: number): Buffer {
  const bytes = dice(roll(0, 2 ** 20));
  return Buffer.from(Array.from({ length }, () => bytes(0, 255)));
}

function flip(bytes: Buffer, roll: Roll, from: number, to: number): void {
  bytes[roll(from, to - 1)]! ^= 1 << roll(0, 7);
}

const page = (roll: Roll, bytes: Buffer) => roll(0, bytes.length / PAGE - 1) * PAGE;

const DAMAGE: Record<string, (file: string, roll: Roll) => void> = {
  'one bit anywhere': (file, roll) => change(file, (bytes) => flip(bytes, roll, 0, bytes.length)),
  'bits in the middle': (file, roll) =>
    change(file, (bytes) => {
      for (let i = 0; i < 50; i++) flip(bytes, roll, bytes.length >> 2, bytes.length - (bytes.length >> 2));
    }),
  'a bit of the header': (file, roll) => change(file, (bytes) => flip(bytes, roll, 0, 100)),
  'bits of the first pages, where schema and index lie': (file, roll) =>
    change(file, (bytes) => {
      for (let i = 0; i < 8; i++) flip(bytes, roll, 0, 16 * PAGE);
    }),
  'the links at the head of a page': (file, roll) =>
    change(file, (bytes) => {
      const at = page(roll, bytes);
      flip(bytes, roll, at, at + 16);
    }),
  'a page of zeros': (file, roll) =>
    change(file, (bytes) => {
      const at = page(roll, bytes);
      bytes.fill(0, at, at + PAGE);
    }),
  'a page of rubbish': (file, roll) =>
    change(file, (bytes) => {
      garbage(roll, PAGE).copy(bytes, page(roll, bytes));
    }),
  'two pages that changed places': (file, roll) =>
    change(file, (bytes) => {
      const [a, b] = [page(roll, bytes), page(roll, bytes)];
      const kept = Buffer.from(bytes.subarray(a, a + PAGE));
      bytes.copy(bytes, a, b, b + PAGE);
      kept.copy(bytes, b);
    }),
  'cut short': (file, roll) => truncateSync(file, roll(0, readFileSync(file).length - 1)),
  'cut short at a page': (file, roll) => truncateSync(file, page(roll, readFileSync(file))),
  'rubbish altogether': (file, roll) => writeFileSync(file, garbage(roll, roll(1, 20_000))),
  'emptied, with the log left': (file) => truncateSync(file, 0),
  'without its log': (file) => rmSync(`${file}-wal`),
  'with an empty log': (file) => truncateSync(`${file}-wal`, 0),
  'with a log cut short': (file, roll) =>
    truncateSync(`${file}-wal`, roll(0, readFileSync(`${file}-wal`).length)),
  'with bits of the log flipped': (file, roll) =>
    change(`${file}-wal`, (bytes) => {
      for (let i = 0; i < 3; i++) flip(bytes, roll, 0, bytes.length);
    }),
  'with a log of rubbish': (file, roll) => writeFileSync(`${file}-wal`, garbage(roll, 10_000)),
  'with a log index of rubbish': (file, roll) => writeFileSync(`${file}-shm`, garbage(roll, 32_768)),
  'damaged together with its log': (file, roll) => {
    change(file, (bytes) => flip(bytes, roll, 0, bytes.length));
    change(`${file}-wal`, (bytes) => flip(bytes, roll, 0, bytes.length));
  },
};

/** Whether the cache had been closed before, and where the damage falls. */
const drawn = fc.record({
  wasClosed: fc.boolean(),
  numbers: fc.array(fc.nat(), { maxLength: 120, size: 'max' }),
});

describe.each(Object.keys(DAMAGE))('a cache %s', (name) => {
  it('opens, gives right latents or none, stores new ones, and comes to rest', async () => {
    let kept = 0;
    const property = fc.asyncProperty(drawn, async ({ wasClosed, numbers }) => {
      const file = join(tempFolder(), 'cache.sqlite');
      const source = wasClosed && !name.includes('log') ? closed : whole;
      for (const [suffix, bytes] of source) writeFileSync(file + suffix, bytes);
      DAMAGE[name]!(file, rollFrom(numbers));

      const warnings: string[] = [];
      const open = () =>
        new ArtefactStore(file, { limitBytes: 1e9, onWarning: (line) => warnings.push(line) });
      let cache = open();
      for (const key of KEYS) {
        const found = frameOf(cache, key);
        if (!found) continue;
        kept++;
        const { value, names } = entry(key);
        expect(found.value, key).toEqual(value);
        expect(found.meta).toEqual({ ...names, created: expect.any(Number) });
      }
      for (const key of ['new 1', 'new 2', ...KEYS.slice(0, 5)]) {
        expect(putFrame(cache, key, entry(key)), `${key}: ${warnings}`).toBe(true);
        expect(frameOf(cache, key)?.value, key).toEqual(entry(key).value);
      }
      cache.digests.set('/weights', 1, 2, 'ab'.repeat(32));
      expect(cache.digests.get('/weights', 1, 2)).toBe('ab'.repeat(32));
      cache.ls();
      await cache.prune({ bytes: 200_000 });
      await cache.verify();
      expect(await cache.verify()).toMatchObject({ damaged: 0, rebuilt: false });
      cache.close();

      const heard = warnings.length;
      cache = open();
      expect(putFrame(cache, 'after', entry('after'))).toBe(true);
      expect(cache.stat().bytes).toBeLessThan(1e6);
      cache.close();
      expect(warnings).toHaveLength(heard);
      const db = new Database(file, { readonly: true });
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
    });
    await fc.assert(property, { seed: name.length, numRuns: 12 });
    if (name.startsWith('with')) expect(kept).toBeGreaterThan(0);
  });
});

describe('a cache set aside', () => {
  it('is kept under a name that tells', () => {
    const dir = tempFolder();
    const file = join(dir, 'cache.sqlite');
    const rubbish = Buffer.alloc(9000, 'x');
    writeFileSync(file, rubbish);
    const warnings: string[] = [];
    const cache = new ArtefactStore(file, { limitBytes: 1e9, onWarning: (line) => warnings.push(line) });
    const aside = readdirSync(dir).filter((name) => name.includes('corrupt'));
    expect(aside).toEqual([expect.stringMatching(/^cache\.sqlite\.corrupt-[\dTZ-]+$/)]);
    expect(readFileSync(join(dir, aside[0]!)).equals(rubbish)).toBe(true);
    expect(warnings).toEqual([expect.stringContaining(aside[0]!)]);
    cache.close();
  });

  it('stays whole when a second process meets the damage that the first one has mended', () => {
    const dir = tempFolder();
    const file = join(dir, 'cache.sqlite');
    const options = { limitBytes: 1e9, onWarning: () => undefined };
    const [a, b] = [new ArtefactStore(file, options), new ArtefactStore(file, options)];
    for (const key of KEYS) putFrame(a, key, entry(key));
    // A checkpoint, so that the damage reaches both connections.
    const db = new Database(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    change(file, (bytes) => bytes.fill(0xa5, PAGE, bytes.length));
    expect(frameOf(a, KEYS[0]!)).toBeNull();
    expect(putFrame(a, 'x', entry('x'))).toBe(true);
    frameOf(b, KEYS[1]!);
    expect(putFrame(b, 'y', entry('y'))).toBe(true);
    a.close();
    b.close();
    expect(readdirSync(dir).filter((name) => /corrupt-[\dTZ-]+$/.test(name))).toHaveLength(1);
    const cache = new ArtefactStore(file, options);
    expect(cache.has(['x', 'y'])).toEqual(new Set(['x', 'y']));
    cache.close();
  });

  it('copied bit for bit opens as it was', () => {
    const file = join(tempFolder(), 'cache.sqlite');
    for (const [suffix, bytes] of whole) writeFileSync(file + suffix, bytes);
    const cache = new ArtefactStore(file, { limitBytes: 1e9, onWarning: expect.unreachable });
    expect(cache.has(KEYS).size).toBe(KEYS.length);
    cache.close();
  });
});
