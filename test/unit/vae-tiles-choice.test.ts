/** When the VAE works in tiles, and what that means for what is kept. */
import { expect, it } from 'vitest';
import { keyOf } from '../../src/main/engine/artefacts/keys.ts';
import { encoderOf } from '../../src/main/engine/make/shot.ts';
import { alwaysInTiles, inTilesNow } from '../../src/main/engine/models/tiles/choice.ts';
import { TilesOfVae } from '../../src/main/engine/models/tiles/of-vae.ts';

const GB = 1e9;
const auto = { asked: 'auto', provider: 'cpu', whole: 6 * GB, untiled: null } as const;

it('are worked in where the whole takes more than half of the machine', () => {
  expect(alwaysInTiles(auto, 12 * GB)).toBe(false);
  expect(alwaysInTiles(auto, 11.9 * GB)).toBe(true);
  expect(alwaysInTiles({ ...auto, provider: 'cuda' }, GB)).toBe(false);
  expect(alwaysInTiles({ ...auto, asked: 'off' }, GB)).toBe(false);
  expect(alwaysInTiles({ ...auto, asked: 'on', provider: 'cuda' }, 64 * GB)).toBe(true);
});

it('are worked in for now where the whole does not fit into what is free', () => {
  expect(inTilesNow(auto, 6 * GB, 64 * GB)).toBe(false);
  expect(inTilesNow(auto, 5.9 * GB, 64 * GB)).toBe(true);
  expect(inTilesNow({ ...auto, asked: 'off' }, GB, 64 * GB)).toBe(false);
});

it('are not worked in where the VAE cannot, unless they are asked for, which is refused', () => {
  const cannot = { ...auto, untiled: 'it was exported for one size' };
  expect(alwaysInTiles(cannot, GB)).toBe(false);
  expect(inTilesNow(cannot, GB, 64 * GB)).toBe(false);
});

it('are foretold where they are worked in, and of what is kept only where that is always so', () => {
  const vaeMemory = () => ({ whole: 0.1 * GB, scores: 0, tiled: 0.05 * GB });
  const of = { vaeTiles: 'auto', provider: 'cpu', freeMemory: () => 0.08 * GB, weights: 0 } as const;
  const tiles = new TilesOfVae({ ...of, model: { vaeMemory, untiled: null } });
  const whole = {
    ...{ unet: 1, controlNets: 0, vaeEncoder: GB, vaeDecoder: GB, vaeSteadyDecoder: GB },
    ...{ vaeWeights: { encoder: 3, decoder: 4 }, text: 1, features: 0, deep: 0 },
    ...{ calls: () => 0, shallow: () => 0, recorded: () => ({ weights: 0, values: 0 }) },
    recordedPicture: () => ({ weights: 0, values: 0 }),
  };
  expect(tiles.foretold(whole, { width: 64, height: 64 })).toMatchObject({
    ...{ vaeEncoder: GB, vaeDecoder: 0.05 * GB + 4, vaeSteadyDecoder: GB },
  });
});

it('decode all pictures of a size alike, whatever is free after the first, until the memory is given back', () => {
  let free = 8 * GB;
  // Never more than half of the machine that runs this.
  const vaeMemory = () => ({ whole: 0.1 * GB, scores: 0, tiled: 0.05 * GB });
  const of = { vaeTiles: 'auto', provider: 'cpu', freeMemory: () => free, weights: GB } as const;
  const tiles = new TilesOfVae({ ...of, model: { vaeMemory, untiled: null } });
  const size = { width: 64, height: 64 };
  expect(tiles.decode(size)).toBe(false);
  free = GB;
  expect(tiles.decode(size)).toBe(false);
  expect(tiles.decode({ width: 96, height: 64 })).toBe(true);
  // What sampling goes on from is the same when it is resumed.
  expect(tiles.decode({ width: 96, height: 64 }, { steady: true })).toBe(false);
  tiles.forget();
  expect(tiles.decode(size)).toBe(true);
  expect(tiles.encode(size)).toBe(false);
});

it('are in keys only where they are worked in', () => {
  const shot = { model: { digests: { vaeEncoder: 'e' } }, provider: 'cpu' } as Parameters<
    typeof encoderOf
  >[0];
  const key = (encodesInTiles: boolean) => keyOf('latents', 1, encoderOf({ ...shot, encodesInTiles }));
  expect(key(false)).toBe(keyOf('latents', 1, { vaeEncoder: 'e', provider: 'cpu' }));
  expect(key(true)).not.toBe(key(false));
});
