import { expect, it } from 'vitest';
import { callBytes, estimateMemory, featureBytes, foretell } from '../../src/main/engine/models/memory.ts';

const CONFIG = { block_out_channels: [320, 640, 1280, 1280], attention_head_dim: 8, sample_size: 64 };
const VAE = { block_out_channels: [128, 256, 512, 512] };
const UNET = { config: CONFIG, batch: null, siteChannels: [320, 640, 1280] };
const LATENT = { height: 64, width: 64 };
/** Of all four parts. */
const of = (side: number) => ({ parameters: 1_066_000_000, factor: 8, side });

it('the estimate is what Stable Diffusion 1.5 was measured to take at 512², from the second call on', () => {
  const { weights, pass } = estimateMemory(VAE, UNET, of(512));
  // 13.1 GB resident after two calls with two bank frames each and the decoder.
  expect((weights + pass) / 1e9).toBeGreaterThan(12);
  expect((weights + pass) / 1e9).toBeLessThan(14);
});

it('an export frozen at batch 1 takes half of it beside its weights, and sizes count', () => {
  const both = estimateMemory(VAE, UNET, of(512));
  const one = estimateMemory(VAE, { ...UNET, batch: 1 }, of(512));
  const small = estimateMemory(VAE, UNET, of(256));
  expect(one.weights).toBe(both.weights);
  expect(one.pass / both.pass).toBeLessThan(0.65);
  expect(small.pass / both.pass).toBeLessThan(0.15);
});

it('a call costs by its frames and branches; what they attend to costs each of them, and jointly all cost all', () => {
  const call = { frames: 1, branches: 2, bank: 0, self: true, joint: false };
  const bytes = (more: object) => callBytes(UNET, LATENT, { ...call, ...more });
  expect(bytes({ frames: 4 })).toBe(4 * bytes({}));
  expect(bytes({ branches: 1 })).toBe(bytes({}) / 2);
  expect(bytes({ bank: 2, self: false })).toBeGreaterThan(1.5 * bytes({}));
  expect(bytes({ bank: 2 })).toBeGreaterThan(bytes({ bank: 2, self: false }));
  expect(bytes({ frames: 8, joint: true }) / bytes({ frames: 4, joint: true })).toBeGreaterThan(3.5);
  expect(bytes({ joint: true })).toBe(bytes({}));
});

it('what a frame lends is what is kept of it: 55 MB at 512² in two branches, of nine layers', () => {
  const siteChannels = [1280, 1280, 1280, 640, 640, 640, 320, 320, 320];
  expect((2 * featureBytes({ ...UNET, siteChannels }, LATENT)) / 1e6).toBeCloseTo(55, 0);
});

it('a bundle opened without lending attends all the same, and lends nothing', () => {
  const sizes = { unet: { config: CONFIG, batch: null }, vae: VAE, factor: 8, parameters: 1000 };
  const call = { frames: 1, branches: 2, bank: 0, self: true, joint: false };
  const without = foretell(sizes, [], LATENT);
  expect(without.call(call)).toBe(foretell(sizes, [320, 640], LATENT).call(call));
  expect(without.features).toBe(0);
  expect(without.weights).toBe(4000);
});

it('each ControlNet costs a call what the UNet costs for one frame, and its residuals of every row', () => {
  const sizes = { unet: { config: CONFIG, batch: null }, vae: VAE, factor: 8, parameters: 1000 };
  const call = { frames: 1, branches: 2, bank: 0, self: true, joint: false };
  const bytes = (controlNets: number, more: object = {}) =>
    foretell({ ...sizes, controlNets }, [320, 640], LATENT).call({ ...call, ...more });
  const one = bytes(1) - bytes(0);
  expect(one).toBeGreaterThan(bytes(0));
  // Two rows of 27 MB, as they are given and as they are fed.
  expect((one - bytes(0)) / 1e6).toBeCloseTo(108, -1);
  expect(bytes(1, { bank: 2 }) - bytes(0, { bank: 2 })).toBe(one);
  expect(bytes(1, { frames: 4 }) - bytes(0, { frames: 4 })).toBeLessThan(2 * one);
});
