/** Canvases as ffmpeg is given them. Pure. */
import { to16Bit } from './merge.ts';

/** A picture, and below it another of its size, grey. */
export function withBelow(rgb: Float32Array, greys: Float32Array): Float32Array {
  const both = new Float32Array(2 * rgb.length);
  both.set(rgb);
  for (let i = 0; i < greys.length; i += 1) both.fill(greys[i]!, rgb.length + 3 * i, rgb.length + 3 * i + 3);
  return both;
}

/** Clips to 0..1 and spreads over 16 bits, little-endian like every machine this runs on. */
export function toRgb48(rgb: Float32Array): Uint8Array {
  const values = new Uint16Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 1) values[i] = to16Bit(rgb[i]!);
  return new Uint8Array(values.buffer);
}

/** Planes G, B, R of floats as they are. */
export function toPlanes(rgb: Float32Array): Uint8Array {
  const pixels = rgb.length / 3;
  const values = new Float32Array(rgb.length);
  for (let i = 0; i < pixels; i += 1) {
    values[i] = rgb[3 * i + 1]!;
    values[pixels + i] = rgb[3 * i + 2]!;
    values[2 * pixels + i] = rgb[3 * i]!;
  }
  return new Uint8Array(values.buffer);
}
