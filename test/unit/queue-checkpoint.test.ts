import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointClock, CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import { dice } from '../helpers/cache-entries.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

function bytes(seed: number, length: number): Uint8Array {
  const roll = dice(seed);
  return Uint8Array.from({ length }, () => roll(0, 255));
}

const KEY = bytes(7, 32);
const VERSION_AT = 'RETAKE-CHECKPOINT-'.length;
const OTHER = bytes(8, 32);
const DAMAGED = { unusable: 'is damaged' };

describe('checkpoint file', () => {
  it('gives back the last write, aligned for typed arrays, and leaves nothing beside it', async () => {
    const dir = join(tempFolder(), 'jobs');
    const file = new CheckpointFile(dir, 'job1');
    expect(await file.read(KEY)).toBeNull();
    for (const length of [0, 1, 4, 100_001]) {
      await file.write(KEY, bytes(length, length));
      const read = (await new CheckpointFile(dir, 'job1').read(KEY)) as Uint8Array;
      expect(read).toEqual(bytes(length, length));
      expect(read.byteOffset).toBe(0);
      expect(Buffer.isBuffer(read)).toBe(false);
    }
    expect(readdirSync(dir)).toEqual(['job1.checkpoint']);
    await file.remove();
    await file.remove();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('stores a view as the view', async () => {
    const file = new CheckpointFile(tempFolder(), 'job1');
    await file.write(KEY, new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3));
    expect(await file.read(KEY)).toEqual(new Uint8Array([2, 3]));
  });

  it('is of no use to another edit, and says why', async () => {
    const file = new CheckpointFile(tempFolder(), 'job1');
    await file.write(KEY, bytes(1, 300));
    expect(await file.read(OTHER)).toEqual({ unusable: 'was left by other settings or another model' });
    expect(await file.read(KEY)).toEqual(bytes(1, 300));
  });

  it.each([1, 2, 3, 12])('of version %i is told from a damaged one', async (version) => {
    const file = new CheckpointFile(tempFolder(), 'job1');
    const old = Buffer.concat([Buffer.from(`RETAKE-CHECKPOINT-${version}\n`), bytes(1, 300)]);
    writeFileSync(file.path, old);
    expect(await file.read(KEY)).toEqual({ unusable: 'was left by another version of Retake' });
  });

  it('takes a damaged file for none, wherever the damage is', async () => {
    const file = new CheckpointFile(tempFolder(), 'job1');
    await file.write(KEY, bytes(1, 300));
    const whole = readFileSync(file.path);
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(file.path, flipped);
      // A flipped digit is another version's.
      const read = await file.read(KEY);
      expect(read).toEqual(
        at === VERSION_AT ? { unusable: expect.stringMatching(/damaged|another version/) } : DAMAGED,
      );
    }
    for (const length of [0, 1, 19, 20, 51, 52, 53, 83, 84, 85, 200, whole.length - 1]) {
      writeFileSync(file.path, whole);
      truncateSync(file.path, length);
      expect(await file.read(KEY)).toEqual(DAMAGED);
    }
    writeFileSync(file.path, Buffer.concat([whole, Buffer.from([0])]));
    expect(await file.read(KEY)).toEqual(DAMAGED);
  });

  it('ignores and replaces what a killed write left', async () => {
    const file = new CheckpointFile(tempFolder(), 'job1');
    const partial = join(dirname(file.path), '.retake-partial-job1.checkpoint');
    await file.write(KEY, bytes(1, 50));
    writeFileSync(partial, 'half of');
    expect(await file.read(KEY)).toEqual(bytes(1, 50));
    await file.write(KEY, bytes(2, 50));
    expect(existsSync(partial)).toBe(false);
    expect(await file.read(KEY)).toEqual(bytes(2, 50));
    for (const left of [partial, `${file.path}.next`]) writeFileSync(left, 'half of');
    await file.remove();
    expect(readdirSync(dirname(file.path))).toEqual([]);
  });

  it('says in plain words that the folder is in the way', async () => {
    const dir = join(tempFolder(), 'taken');
    writeFileSync(dir, '');
    await expect(new CheckpointFile(dir, 'job1').write(KEY, bytes(1, 5))).rejects.toMatchObject({
      code: 'cache-unusable',
    });
  });
});

describe('checkpoint clock', () => {
  const pace = { everySeconds: 10, everyFraction: 0.05, maxCost: 0.05 };

  /** Runs a job of `seconds`, a look at the clock every `tick`, each write taking `writeSeconds`. */
  function simulate(seconds: number, tick: number, writeSeconds: number) {
    let time = 100;
    let worked = 0;
    let worst = 0;
    let sinceWrite = 0;
    let writes = 0;
    const clock = new CheckpointClock(0, pace, () => time);
    while (worked < seconds) {
      time += tick;
      worked += tick;
      sinceWrite += tick;
      worst = Math.max(worst, sinceWrite);
      if (!clock.due(worked / seconds)) continue;
      time += writeSeconds;
      clock.wrote(worked / seconds, writeSeconds);
      writes++;
      sinceWrite = 0;
    }
    return { writes, worst, cost: (writes * writeSeconds) / (time - 100), wall: time - 100 };
  }

  it('loses at most ten seconds of a long job', () => {
    const { worst, cost } = simulate(3600, 1, 0.125);
    expect(worst).toBe(10);
    expect(cost).toBeLessThan(0.013);
  });

  it('loses at most 5 % of a short job', () => {
    const { writes, worst } = simulate(20, 0.25, 0.01);
    expect(worst).toBeLessThanOrEqual(1.25);
    expect(writes).toBeGreaterThanOrEqual(16);
  });

  it.each([
    [20, 0.25, 0.5],
    [2, 0.01, 0.02],
    [3600, 1, 5],
    [600, 5, 2],
  ])('costs little: a job of %d s, a look every %d s, writes of %d s', (seconds, tick, write) => {
    const { writes, wall } = simulate(seconds, tick, write);
    expect(writes).toBeGreaterThan(1);
    // What the first write costs is not known before it is done.
    expect((writes - 1) * write).toBeLessThanOrEqual(0.05 * wall);
  });

  it('counts from where a resumed job stands', () => {
    let time = 0;
    const clock = new CheckpointClock(0.6, pace, () => time);
    time = 1;
    expect(clock.due(0.62)).toBe(false);
    expect(clock.due(0.66)).toBe(true);
    clock.wrote(0.66, 0);
    expect(clock.due(0.66)).toBe(false);
  });
});
