import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Edit, Footage } from '../../tools/benchmark/heldout.ts';
import { cosine } from '../../tools/benchmark/judge.ts';
import { readStrip, writeStrip } from '../../tools/benchmark/pictures.ts';
import { score } from '../../tools/benchmark/scores.ts';

const SIDE = 12;
const flat = (value: number) => new Uint8Array(SIDE * SIDE * 3).fill(value);
/** The left half is the object. */
const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < SIDE / 2 ? 1 : 0));
const still = { flow: new Float32Array(2 * SIDE * SIDE), occluded: new Uint8Array(SIDE * SIDE) };
const footage: Footage = { source: [flat(50), flat(50)], masks: [mask, mask], motions: [still] };
const look = { shape: 'cube', colour: 'red', material: 'matte', environment: 'sea' };
const edit: Edit = { kind: 'colour', prompt: 'a red cube', look, truth: '' };

const dir = mkdtempSync(join(tmpdir(), 'retake-benchmark-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('scores of a take', () => {
  it('tell the object from the background', async () => {
    const truth = [flat(100), flat(100)];
    const half = flat(100).map((value, i) => (mask[Math.floor(i / 3)] ? value + 10 : value));
    const scores = await score({ take: [half, half], truth, footage, edit, side: SIDE }, null);
    // 10 steps off on the object: 10·log10(255² / 100) = 28.131; half of that error over the whole, 3.0103 dB more.
    expect(scores.psnr.object).toBeCloseTo(28.131, 3);
    expect(scores.psnr.whole).toBeCloseTo(31.141, 3);
    expect(scores.psnr.background).toBe(60);
    expect(scores.ssim.background! > scores.ssim.object!).toBe(true);
    expect(scores.pixelMse).toBe(0);
    expect(scores.judged).toBeNull();
  });

  it('see flicker along the flow', async () => {
    const truth = [flat(100), flat(100)];
    const take = [flat(100), flat(104)];
    const scores = await score({ take, truth, footage, edit, side: SIDE }, null);
    expect(scores.pixelMse).toBe(16);
    // Squared errors 0 and 16 pooled: 10·log10(255² / 8).
    expect(scores.psnr.whole).toBeCloseTo(39.1, 1);
  });

  it("count every pixel a new shape changes as the object's", async () => {
    const truth = [flat(100), flat(100)];
    const scores = await score(
      { take: truth, truth, footage, edit: { ...edit, kind: 'shape' }, side: SIDE },
      null,
    );
    expect(scores.psnr.background).toBeNull();
    expect(scores.psnr.object).toBe(60);
  });
});

describe('what a benchmark keeps', () => {
  it('comes back to the bit', async () => {
    const noise = [1, 2, 3].map((seed) => flat(0).map((_, i) => (i * 7919 * seed) % 251));
    const file = join(dir, 'strip.png');
    await writeStrip(noise, SIDE, file);
    expect(await readStrip(file, SIDE)).toEqual(noise);
  });

  it('compares features by their angle', () => {
    expect(cosine(Float32Array.of(3, 4), Float32Array.of(4, 3))).toBeCloseTo(0.96, 6);
  });
});
