/** The suite `frames@1`: pictures of frames. A plugin that has it may ask for them in the hooks of its methods, and answer with some. */
import { z } from 'zod';
import { suite } from './suites.ts';

/** Numbers of a frame: of a latent (channels, height, width), of a plane (height, width). */
export const floats = z.custom<Float32Array>(
  (value) => value instanceof Float32Array,
  'must be a Float32Array',
);

/** RGB, 8 bits, (height, width, 3), of the canvas that the model sees. */
export const picture = z.strictObject({
  width: z.int().min(1),
  height: z.int().min(1),
  rgb: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be a Uint8Array'),
});
export type Picture = z.output<typeof picture>;

/** It has no calls of its own: it stands for pictures that are given and taken by the hooks of `sampling@1`. */
export const frames1 = suite('frames', 1, {});
