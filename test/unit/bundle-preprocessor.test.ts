import { describe, expect, it } from 'vitest';
import {
  preprocess,
  preprocessedSize,
  preprocessorConfig,
} from '../../src/main/engine/models/preprocessor.ts';

const parse = (config: object) => preprocessorConfig.parse(config);
const sizeOf = (config: object, width: number, height: number) => {
  const made = preprocessedSize(parse(config), { width, height });
  return [made.width, made.height];
};

describe("a depth estimator's picture", () => {
  const square = { height: 518, width: 518 };

  it.each([
    ['a square', { size: { height: 384, width: 384 } }, [384, 384]],
    ['a square of the oldest files', { size: 384 }, [384, 384]],
    ['the same shape, changed least', { size: square, keep_aspect_ratio: true }, [691, 518]],
    // What transformers gives for Depth Anything and a VGA picture.
    ['whole patches', { size: square, keep_aspect_ratio: true, ensure_multiple_of: 14 }, [686, 518]],
    ['its shortest edge', { size: { shortest_edge: 240 } }, [320, 240]],
    ['as it is', { do_resize: false }, [640, 480]],
  ])('is %s', (_, config, size) => {
    expect(sizeOf(config, 640, 480)).toEqual(size);
  });

  it('never vanishes', () => {
    expect(sizeOf({ size: { height: 64, width: 64 }, keep_aspect_ratio: true }, 2000, 4)).toEqual([64, 1]);
    expect(sizeOf({ size: 8, ensure_multiple_of: 32 }, 640, 480)).toEqual([32, 32]);
  });

  const planesOf = (config: object) => {
    const planes = new Float32Array(6);
    preprocess(parse({ size: 8, ...config }), Uint8Array.of(0, 51, 102, 255, 204, 153), planes);
    return [...planes].map((value) => Math.round(value * 1e5) / 1e5);
  };

  it('is planes, rescaled and normalised per channel', () => {
    expect(planesOf({ image_mean: [0.5, 0.2, 0], image_std: [0.5, 1, 2] })).toEqual([
      -1, 1, 0, 0.6, 0.2, 0.3,
    ]);
    expect(planesOf({})).toEqual([-1, 1, -0.6, 0.6, -0.2, 0.2]);
    expect(planesOf({ do_normalize: false })).toEqual([0, 1, 0.2, 0.8, 0.4, 0.6]);
    expect(planesOf({ do_normalize: false, do_rescale: false })).toEqual([0, 255, 51, 204, 102, 153]);
  });

  it.each([
    ['no size', {}],
    ['a size in words', { size: 'large' }],
    ['half a size', { size: { height: 384 } }],
    ['no deviation', { size: 384, image_std: [0.5, 0, 0.5] }],
    ['two means', { size: 384, image_mean: [0.5, 0.5] }],
    ['padding', { size: 384, do_pad: true }],
  ])('is refused with %s', (_, config) => {
    expect(preprocessorConfig.safeParse(config).success).toBe(false);
  });
});
