/** Fused attention makes what the goldens hold, within their own tolerances, and leaves the shipped models as they were at their size. */
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noiseFor } from '../../src/main/engine/diffusion/noise.ts';
import { chooseAttention } from '../../src/main/engine/models/attention.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { table } from '../../tools/golden/compare.ts';
import { runGolden } from '../../tools/golden/golden.ts';
import { largestDifference } from '../helpers/onnx.ts';
import { sharedPath } from '../helpers/shared.ts';

const provider = 'cpu';
/** Of predicted noise around one: between two orders of additions. */
const TOLERANCE = 1e-4;

async function expectPassing(root: string, only?: string): Promise<void> {
  const rows = await runGolden(root, { attention: 'fused', ...(only !== undefined && { only }) });
  const failed = rows.filter(({ status }) => status === 'fail');
  expect(failed, table(failed)).toEqual([]);
  expect(rows.filter(({ status }) => status === 'pass').length).toBeGreaterThan(0);
}

it('small checkpoints compute what PyTorch does', () =>
  expectPassing(join(import.meta.dirname, 'checkpoint-cases')));

const golden = sharedPath('golden');
it.skipIf(!golden).each(['unet', 'pix2video', 'vae', 'joint', 'variants', 'lora', 'controlnet'])(
  'the goldens of %s pass',
  (only) => expectPassing(golden!, only),
);

const demo = resolve(import.meta.dirname, '../../resources/demo');
describe.each(['bundle', 'depth-bundle'])('the shipped %s', (name) => {
  const opened = (asked: 'auto' | 'exact' | 'fused') =>
    openBundle(join(demo, name), {
      ...{ sites: 'decoder', joint: true, provider },
      attention: (model) => {
        const side = model.nativeSize / model.factor;
        const shape = { channels: model.latentChannels, height: side, width: side };
        return chooseAttention(asked, { model, shape, provider });
      },
    });

  /** A frame by itself, one that reads its tokens twice instead of its own, and two that see each other. */
  async function predicted(asked: 'exact' | 'fused'): Promise<Float32Array[]> {
    const bundle = await opened(asked);
    try {
      const side = bundle.nativeSize / bundle.factor;
      const shape = { channels: bundle.latentChannels, height: side, width: side };
      const text = await bundle.embed('a red ball', { width: bundle.nativeSize, height: bundle.nativeSize });
      const latent = noiseFor(1, 0, shape.channels * side * side);
      const structure = bundle.structureChannels > 0 ? noiseFor(2, 0, side * side).map(Math.tanh) : undefined;
      const input = { latent, timestep: 500, branches: [text], ...(structure && { structure }) };
      const predict = bundle.predict(shape);
      const [alone] = await predict([{ ...input, attention: { bank: [], self: true }, capture: true }]);
      const bank = [alone!.features!, alone!.features!];
      const [led] = await predict([{ ...input, attention: { bank, self: false } }]);
      const other = { ...input, latent: noiseFor(3, 0, latent.length) };
      const joint = await predict([input, other], true);
      const decoded = await bundle.decode(latent, shape);
      return [...alone!.outputs, ...led!.outputs, ...joint.flatMap(({ outputs }) => outputs), decoded];
    } finally {
      await bundle.close();
    }
  }

  it('predicts and decodes the same, alone, led and jointly', async () => {
    const [exact, fused] = [await predicted('exact'), await predicted('fused')];
    expect(fused).toHaveLength(exact.length);
    for (const [i, values] of fused.entries())
      expect(largestDifference(values, exact[i]!)).toBeLessThan(TOLERANCE);
  });

  it('stays as it is by default, known by the same digests; fused by others', async () => {
    const [exact, auto, fused] = [await opened('exact'), await opened('auto'), await opened('fused')];
    try {
      expect(auto.attention).toMatchObject({ unet: null, vae: null });
      expect(auto.digests).toEqual(exact.digests);
      expect(fused.attention.unet).toBe('MultiHeadAttention');
      expect(fused.digests.unet).not.toBe(exact.digests.unet);
      expect(fused.digests.textEncoder).toBe(exact.digests.textEncoder);
    } finally {
      for (const bundle of [exact, auto, fused]) await bundle.close();
    }
  });
});
