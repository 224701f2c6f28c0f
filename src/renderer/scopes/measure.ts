/** Scopes as counts over the pixels of a small picture: RGBA bytes, sRGB code values, BT.709 luma and colour difference. */

export interface Histogram {
  /** Pixels per code value 0..255. */
  readonly red: Uint32Array;
  readonly green: Uint32Array;
  readonly blue: Uint32Array;
  readonly luma: Uint32Array;
}

/** ITU-R BT.709-6, item 3.2, on code values 0..255. */
export function luma(r: number, g: number, b: number): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** ITU-R BT.709-6, item 3.3: colour differences, -127.5..127.5. */
export function colourDifference(r: number, g: number, b: number): { cb: number; cr: number } {
  const y = luma(r, g, b);
  return { cb: (b - y) / 1.8556, cr: (r - y) / 1.5748 };
}

export function histogram(pixels: Uint8ClampedArray): Histogram {
  const counts = {
    red: new Uint32Array(256),
    green: new Uint32Array(256),
    blue: new Uint32Array(256),
    luma: new Uint32Array(256),
  };
  for (let i = 0; i < pixels.length; i += 4) {
    const [r, g, b] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    counts.red[r]!++;
    counts.green[g]!++;
    counts.blue[b]!++;
    counts.luma[Math.round(luma(r, g, b))]!++;
  }
  return counts;
}

/** Luma over the picture's width: counts[level·width + x], level 0..255 from black up. */
export function waveform(pixels: Uint8ClampedArray, width: number): Uint32Array {
  const counts = new Uint32Array(256 * width);
  for (let i = 0, x = 0; i < pixels.length; i += 4) {
    const level = Math.round(luma(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!));
    counts[level * width + x]!++;
    if (++x === width) x = 0;
  }
  return counts;
}

/** Colour differences: counts[(Cr + 128)·256 + (Cb + 128)]; grey lies in the middle. */
export function vectorscope(pixels: Uint8ClampedArray): Uint32Array {
  const counts = new Uint32Array(256 * 256);
  for (let i = 0; i < pixels.length; i += 4) {
    const { cb, cr } = colourDifference(pixels[i]!, pixels[i + 1]!, pixels[i + 2]!);
    counts[Math.min(255, Math.round(cr + 128)) * 256 + Math.min(255, Math.round(cb + 128))]!++;
  }
  return counts;
}

export interface Range {
  /** Lowest and highest level that at least a thousandth of the pixels reaches, 0..1. */
  readonly low: number;
  readonly high: number;
  /** Shares of pixels at the very ends, 0..1. */
  readonly black: number;
  readonly white: number;
}

export function rangeOf(counts: Uint32Array): Range {
  const total = counts.reduce((sum, one) => sum + one, 0);
  if (total === 0) return { low: 0, high: 0, black: 0, white: 0 };
  const enough = total / 1000;
  let low = 0;
  for (let below = counts[0]!; below < enough && low < 255; ) below += counts[++low]!;
  let high = 255;
  for (let above = counts[255]!; above < enough && high > 0; ) above += counts[--high]!;
  return { low: low / 255, high: high / 255, black: counts[0]! / total, white: counts[255]! / total };
}

/** Brightness of a count, 0..1: logarithmic, so that single pixels show beside large areas. */
export function glow(count: number, most: number): number {
  return count === 0 ? 0 : 0.25 + 0.75 * (Math.log1p(count) / Math.log1p(Math.max(1, most)));
}
