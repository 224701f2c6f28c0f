import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openImageText } from '../../src/main/engine/metrics/image-text.ts';
import type { Edit, Footage } from '../../tools/benchmark/heldout.ts';
import { readStrip, writeStrip } from '../../tools/benchmark/pictures.ts';
import { score, type Viewers } from '../../tools/benchmark/scores.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';
import { writeTinyImageText } from '../helpers/tiny-image-text.ts';

const SIDE = 12;
const flat = (value: number) => new Uint8Array(SIDE * SIDE * 3).fill(value);
/** The left half is the object. */
const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < SIDE / 2 ? 1 : 0));
const still = { flow: new Float32Array(2 * SIDE * SIDE), hidden: new Uint8Array(SIDE * SIDE) };
const footage: Footage = { source: [flat(50), flat(50)], masks: [mask, mask], motions: [still] };
const look = { shape: 'cube', colour: 'red', material: 'matte', environment: 'sea' };
const edit: Edit = { kind: 'colour', prompt: 'a red cube', look, truth: '' };
const NOBODY: Viewers = { judge: null, imageText: null };

const dir = mkdtempSync(join(tmpdir(), 'retake-benchmark-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('scores of a take', () => {
  it('tell the object from the background', async () => {
    const truth = [flat(100), flat(100)];
    const half = flat(100).map((value, i) => (mask[Math.floor(i / 3)] ? value + 10 : value));
    const scores = await score(
      { take: [half, half], truth, footage, edit, sourcePrompt: 'a car', side: SIDE },
      NOBODY,
    );
    // 10 steps off on the object: 10·log10(255² / 100) = 28.131; half of that error over the whole, 3.0103 dB more.
    expect(scores.psnr.object).toBeCloseTo(28.131, 3);
    expect(scores.psnr.whole).toBeCloseTo(31.141, 3);
    expect(scores.psnr.background).toBe(60);
    expect(scores.ssim.background! > scores.ssim.object!).toBe(true);
    expect(scores.pixelMse).toBe(0);
    expect(scores.judged).toBeNull();
    expect(scores.imageText).toBeNull();
  });

  it('see flicker along the flow', async () => {
    const truth = [flat(100), flat(100)];
    const take = [flat(100), flat(104)];
    const scores = await score({ take, truth, footage, edit, sourcePrompt: 'a car', side: SIDE }, NOBODY);
    expect(scores.pixelMse).toBe(16);
    // Squared errors 0 and 16 pooled: 10·log10(255² / 8).
    expect(scores.psnr.whole).toBeCloseTo(39.1, 1);
  });

  it("count every pixel a new shape changes as the object's", async () => {
    const truth = [flat(100), flat(100)];
    const scores = await score(
      { take: truth, truth, footage, edit: { ...edit, kind: 'shape' }, sourcePrompt: 'a car', side: SIDE },
      NOBODY,
    );
    expect(scores.psnr.background).toBeNull();
    expect(scores.psnr.object).toBe(60);
  });
});

describe('similarity to prompts', () => {
  const scored = { truth: [flat(255), flat(255)], footage, side: SIDE };

  it("is to the edit's prompt and the shot's, by the model given", async () => {
    const { tokenizer, model: folder } = {
      tokenizer: join(dir, 'bundle/tokenizer'),
      model: join(dir, 'model'),
    };
    await writeTinyBundle(join(dir, 'bundle'));
    const imageText = await openImageText(await writeTinyImageText(folder, { tokenizer }));
    // To the tiny model pictures are their mean colour -1..1, "car" is red and blue, "swan" is green and blue.
    const take = [
      [255, 0, 255],
      [0, 255, 255],
    ].map((rgb) => flat(0).map((_, i) => rgb[i % 3]!));
    const about = { ...scored, take, sourcePrompt: 'a car' };
    const swan = await score({ ...about, edit: { ...edit, prompt: 'a swan' } }, { judge: null, imageText });
    const same = await score({ ...about, edit: { ...edit, prompt: 'a car' } }, { judge: null, imageText });
    await imageText.close();
    // (1, -1, 1) and (-1, 1, 1) against (0, 1, 1): 0 and 2/√6; against (1, 0, 1) the other way; of one another -1/3.
    const half = 1 / Math.sqrt(6);
    expect(swan.imageText!.prompt).toBeCloseTo(half, 5);
    expect(swan.imageText!.source).toBeCloseTo(half, 5);
    expect(swan.imageText!.consecutive).toBeCloseTo(-1 / 3, 5);
    expect(swan.imageText!.frameAccuracy).toBe(0.5);
    expect(same.imageText).toMatchObject({ source: null, frameAccuracy: null });
  });
});

describe('what a benchmark keeps', () => {
  it('comes back to the bit', async () => {
    const noise = [1, 2, 3].map((seed) => flat(0).map((_, i) => (i * 7919 * seed) % 251));
    const file = join(dir, 'strip.png');
    await writeStrip(noise, SIDE, file);
    expect(await readStrip(file, SIDE)).toEqual(noise);
  });
});
