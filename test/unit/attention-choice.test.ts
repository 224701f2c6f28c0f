/** When self-attention is one operator, and when it stays as a network's file has it. */
import { describe, expect, it } from 'vitest';
import { chooseAttention, EXACT, withAttention } from '../../src/main/engine/models/attention.ts';
import type { BundleDigests, SelfAttentionFacts } from '../../src/main/engine/models/types.ts';

const written: SelfAttentionFacts = {
  ...{ written: 2, strange: 0, standard: false },
  kinds: [{ heads: 2, width: 8 }],
  largest: 8,
};
const none: SelfAttentionFacts = { written: 0, strange: 0, kinds: [], largest: 0, standard: false };
const strange = { ...none, strange: 3 };
const of = (unet: SelfAttentionFacts, vae: SelfAttentionFacts, side: number | null) => ({
  model: { name: 'a model', selfAttention: { unet, vae } },
  shape: side === null ? null : { channels: 4, height: side, width: side },
  provider: 'cpu' as const,
});

describe('auto', () => {
  it('fuses what is large, each network for itself', async () => {
    // 8 heads at 512²: 512 MB of scores; one of a VAE: 64 MB.
    const chosen = await chooseAttention('auto', of(written, { ...written, largest: 1 }, 64));
    expect(chosen).toMatchObject({ unet: 'MultiHeadAttention', vae: null });
    expect(chosen.why).toEqual({ vae: 'at this size its scores take 67.1 MB' });
    const larger = await chooseAttention('auto', of(written, { ...written, largest: 1 }, 128));
    expect(larger).toEqual({ unet: 'MultiHeadAttention', vae: 'MultiHeadAttention', why: {} });
  });

  it('leaves what is small, and what cannot be fused, with the reason', async () => {
    expect(await chooseAttention('auto', of({ ...written, largest: 2 }, none, 16))).toMatchObject({
      ...{ unet: null, vae: null },
      why: { unet: 'at this size its scores take 524 kB', vae: 'it has none that is written out' },
    });
    const chosen = await chooseAttention('auto', of(strange, none, 512));
    expect(chosen.why.unet).toContain('not understood');
  });
});

it('exact is as the files have it at any size', async () => {
  expect(await chooseAttention('exact', of(written, written, 512))).toBe(EXACT);
});

it('fused is at any size, or refused with what to try', async () => {
  expect(await chooseAttention('fused', of(written, none, 8))).toMatchObject({ unet: 'MultiHeadAttention' });
  await expect(chooseAttention('fused', of(strange, written, 8))).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('a model'),
    hint: expect.stringContaining('"exact"'),
  });
});

it('is in the digests of what it changes, and only there', () => {
  const digests = Object.fromEntries(
    ['unet', 'vaeEncoder', 'vaeDecoder', 'textEncoder', 'tokenizer', 'scheduler'].map((part) => [part, part]),
  ) as unknown as BundleDigests;
  const vaeMemory = () => ({ whole: 5, scores: 2, tiled: 1 });
  const changed = (parts: Parameters<typeof withAttention>[1]) =>
    Object.entries(withAttention({ digests, vaeMemory }, parts).digests)
      .filter(([part, digest]) => digest !== digests[part as keyof BundleDigests])
      .map(([part]) => part);
  expect(changed(EXACT)).toEqual([]);
  expect(changed({ unet: 'MultiHeadAttention', vae: null })).toEqual(['unet']);
  expect(changed({ unet: null, vae: 'Attention' })).toEqual(['vaeEncoder', 'vaeDecoder']);
});

it('that is fused in the VAE holds no scores, so that tiles are not asked for earlier than needed', () => {
  const facts = {
    digests: { unet: 'u', vaeEncoder: 'e', vaeDecoder: 'd' } as unknown as BundleDigests,
    vaeMemory: (_size: { height: number; width: number }) => ({ whole: 5, scores: 2, tiled: 1 }),
  };
  const whole = (vae: 'MultiHeadAttention' | null) =>
    withAttention(facts, { unet: null, vae }).vaeMemory({ height: 1, width: 1 }).whole;
  expect(whole(null)).toBe(5);
  expect(whole('MultiHeadAttention')).toBe(3);
});
