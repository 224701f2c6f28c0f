import { expect, it } from 'vitest';
import { estimateMemory } from '../../src/main/engine/models/memory.ts';

const SD15 = {
  unet: { block_out_channels: [320, 640, 1280, 1280], attention_head_dim: 8, sample_size: 64 },
  vae: { block_out_channels: [128, 256, 512, 512] },
};

/** Every layer's attention, decoder and encoder; all parameters of the four parts. */
const OF = { parameters: 1_066_000_000, factor: 8, siteChannels: [320, 640, 1280] };

it('the estimate is what Stable Diffusion 1.5 was measured to take at 512², from the second call on', () => {
  const { weights, pass } = estimateMemory(SD15, { ...OF, batch: null, side: 512 });
  // 13.1 GB resident after two calls with two bank frames each and the decoder.
  expect((weights + pass) / 1e9).toBeGreaterThan(12.5);
  expect((weights + pass) / 1e9).toBeLessThan(14);
});

it('an export frozen at batch 1 takes half of it beside its weights, and sizes count', () => {
  const both = estimateMemory(SD15, { ...OF, batch: null, side: 512 });
  const one = estimateMemory(SD15, { ...OF, batch: 1, side: 512 });
  const small = estimateMemory(SD15, { ...OF, batch: null, side: 256 });
  expect(one.weights).toBe(both.weights);
  expect(one.pass / both.pass).toBeLessThan(0.65);
  expect(small.pass / both.pass).toBeLessThan(0.15);
});
