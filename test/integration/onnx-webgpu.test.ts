/** The WebGPU provider without a GPU: through SwiftShader, as Debian's Chromium package brings it. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tryFused } from '../../src/main/engine/models/fused-trial.ts';
import { createSession, type Feed } from '../../src/main/engine/onnx/ort.ts';
import { SELF_LENGTH } from '../../src/main/engine/onnx/passes/reference-attention.ts';
import { probe } from '../../src/main/engine/onnx/probe.ts';
import { chooseProvider } from '../../src/main/engine/onnx/provider.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { floats, int64, largestDifference, noiseFeed, textModel } from '../helpers/onnx.ts';
import { lend } from '../helpers/passes.ts';
import { sharedPath } from '../helpers/shared.ts';

const ICD = '/usr/lib/chromium/vk_swiftshader_icd.json';
const unet = sharedPath('golden', 'bundles', 'tiny-sd', 'unet', 'model.onnx');

describe.skipIf(!existsSync(ICD))('WebGPU through SwiftShader', () => {
  beforeAll(() => {
    process.env.VK_ICD_FILENAMES = ICD;
  });

  it('works when asked for, and is known for software soon enough', async () => {
    const trial = await probe('webgpu');
    expect(trial).toMatchObject({ provider: 'webgpu', ok: true, software: true, together: false });
    expect(trial.reason).toMatch(/^works in software \(vk_swiftshader\), \d+ ms a call against [\d.]+ ms/);
    // Measured: 600 ms beside 1 ms, of one convolution: a level of a UNet, of seven seconds a call, is not waited for.
    expect(trial.call).toBeGreaterThan(10 * trial.cpu!);
    const { provider, tried } = await chooseProvider('webgpu');
    expect([provider, tried[0]!.ok]).toEqual(['webgpu', true]);
  });

  it('is refused for attention as one operator, which it computes wrong', async () => {
    const trial = await tryFused('webgpu', [{ heads: 2, width: 8 }], false);
    expect(trial).toEqual({ operator: null, why: expect.stringMatching(/^webgpu computes it otherwise/) });
  });

  it('agrees with the CPU on a small convolutional network', async () => {
    const model = () =>
      textModel(`float32[B, 4, H, W] x => float32[B, 8, H, W] y
        float32[8, 4, 3, 3] a
        float32[8] ab
        float32[8, 8, 3, 3] b
        h = Conv<pads = [1, 1, 1, 1]>(x, a, ab)
        s = Sigmoid(h)
        m = Mul(h, s)
        y = Conv<pads = [1, 1, 1, 1]>(m, b)`);
    const feeds = { x: noiseFeed('x', [2, 4, 16, 16]) };
    const run = async (provider: 'cpu' | 'webgpu') => {
      const session = await createSession(model(), { provider, label: 'the network' });
      const { y } = await session.run(feeds, ['y']);
      await session.release();
      return y!.data;
    };
    // Measured: 5e-7.
    expect(largestDifference(await run('webgpu'), await run('cpu'))).toBeLessThan(1e-5);
  });

  it.skipIf(!unet)('agrees with the CPU on a rewritten UNet, with banks and without', async () => {
    const file = unet!;
    const run = async (provider: 'cpu' | 'webgpu') => {
      const { model, folder } = loadGraph(file, { root: dirname(dirname(file)) });
      const sites = lend(model, { sites: 'decoder' });
      const session = await createSession(model, { provider, folder, label: 'the UNet' });
      const feeds: Record<string, Feed> = {
        sample: noiseFeed('sample', [1, 4, 8, 8]),
        timestep: int64([], 401),
        encoder_hidden_states: noiseFeed('text', [1, 77, 32]),
        [SELF_LENGTH]: int64([1], 3),
        ...Object.fromEntries(sites.map((site) => [site.bank, noiseFeed(site.bank, [1, 9, site.channels])])),
      };
      const none = sites.map((site) => [site.bank, floats([1, 0, site.channels], new Float32Array(0))]);
      const plain = { ...feeds, ...Object.fromEntries(none), [SELF_LENGTH]: int64([1], 2 ** 40) };
      const out = [];
      for (const input of [feeds, plain])
        out.push((await session.run(input, ['out_sample'])).out_sample!.data);
      await session.release();
      return out;
    };
    // The outputs' standard deviation is 0.5; measured: 8e-5.
    const [gpu, cpu] = [await run('webgpu'), await run('cpu')];
    for (const [i, data] of gpu.entries()) expect(largestDifference(data, cpu[i]!)).toBeLessThan(5e-4);
  });
});
