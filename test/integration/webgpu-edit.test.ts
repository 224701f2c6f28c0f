/** What an edit asks of the WebGPU provider: through SwiftShader, as Debian's Chromium package brings it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { createSession, type Provider } from '../../src/main/engine/onnx/ort.ts';
import { fusedAttention } from '../../src/main/engine/onnx/passes/fused-attention.ts';
import { applyPasses, step } from '../../src/main/engine/onnx/passes/pass.ts';
import { SELF_LENGTH } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { int64, largestDifference, noiseFeed } from '../helpers/onnx.ts';
import { lend } from '../helpers/passes.ts';
import { renderEdits } from '../helpers/shipped-edits.ts';
import { maxDiff } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const ICD = '/usr/lib/chromium/vk_swiftshader_icd.json';
const demo = resolve(import.meta.dirname, '../../resources/demo/bundle');
const SIDE = 4;

describe.skipIf(!existsSync(ICD))('WebGPU through SwiftShader', () => {
  beforeAll(() => {
    process.env.VK_ICD_FILENAMES = ICD;
  });

  it('runs the UNet of the demo with a bank and attention as one operator', async () => {
    const call = async (provider: Provider, fused: boolean) => {
      const { model, folder } = loadGraph(join(demo, 'unet', 'model.onnx'), { root: demo });
      if (fused) {
        const steps = [step(fusedAttention, { operator: 'MultiHeadAttention' })];
        expect(applyPasses(model, steps, 'the UNet').of(fusedAttention)).toBe(7);
      }
      const sites = lend(model, { sites: 'all' });
      const session = await createSession(model, { provider, folder, label: 'the UNet' });
      const bank = (channels: number) => noiseFeed('bank', [1, SIDE * SIDE, channels]);
      const feeds = {
        sample: noiseFeed('sample', [1, 12, SIDE, SIDE]),
        timestep: int64([], 401),
        encoder_hidden_states: noiseFeed('text', [1, 77, 96]),
        [SELF_LENGTH]: int64([1], 0),
        ...Object.fromEntries(sites.map((site) => [site.bank, bank(site.channels)])),
      };
      const { out_sample } = await session.run(feeds, ['out_sample']);
      await session.release();
      return out_sample!.data;
    };
    // Values are up to 2.5; measured: 4e-4, as one operator and as products.
    expect(largestDifference(await call('webgpu', true), await call('cpu', false))).toBeLessThan(2e-3);
  });

  it('renders a whole edit as the processor does', async () => {
    const dir = tempFolder();
    /** Two frames, the second attending to the first. */
    const short = {
      bundle: await writeTinyBundle(join(dir, 'tiny')),
      range: { start: 8, end: 10 },
      ...{ steps: 2, size: 32 },
    };
    const [cpu, webgpu] = await renderEdits(dir, [
      { name: 'cpu', request: short },
      { name: 'webgpu', request: { ...short, provider: 'webgpu' } },
    ]);
    // Values are up to 3.5; measured: 2e-4.
    for (const [i, latent] of cpu!.latents.entries())
      expect(maxDiff(latent, webgpu!.latents[i]!)).toBeLessThan(1e-3);
    expect(webgpu!.calls).toEqual(cpu!.calls);
    // Inverted by WebGPU as well: nothing of the processor's was taken.
    expect(webgpu!.latents[0]).not.toEqual(cpu!.latents[0]);
  });
});
