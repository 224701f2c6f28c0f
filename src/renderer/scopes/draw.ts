/** Counts to pixels of a scope's canvas. */

import { token } from '../ui/token.ts';
import { colourDifference, glow, type Histogram } from './measure.ts';

const TRACE = [150, 235, 175] as const;

function imageOf(
  counts: Uint32Array,
  width: number,
  colour: (x: number, y: number) => readonly [number, number, number],
): ImageData {
  const height = counts.length / width;
  const image = new ImageData(width, height);
  const most = counts.reduce((largest, one) => Math.max(largest, one), 0);
  for (let y = 0; y < height; y++) {
    // Level 0 and Cr -128 lie at the bottom.
    const row = (height - 1 - y) * width;
    for (let x = 0; x < width; x++) {
      const light = glow(counts[y * width + x]!, most);
      if (light === 0) continue;
      const [r, g, b] = colour(x, y);
      image.data.set([r, g, b, light * 255], (row + x) * 4);
    }
  }
  return image;
}

/** Canvas of width × 256. */
export function drawWaveform(canvas: HTMLCanvasElement, counts: Uint32Array): void {
  const width = counts.length / 256;
  canvas.width = width;
  canvas.height = 256;
  const context = canvas.getContext('2d')!;
  context.putImageData(
    imageOf(counts, width, () => TRACE),
    0,
    0,
  );
}

const TARGETS: readonly (readonly [string, number, number, number])[] = [
  ['R', 191, 0, 0],
  ['Mg', 191, 0, 191],
  ['B', 0, 0, 191],
  ['Cy', 0, 191, 191],
  ['G', 0, 191, 0],
  ['Yl', 191, 191, 0],
];

/** Canvas of 256 × 256 with the 75 % bars as targets. */
export function drawVectorscope(canvas: HTMLCanvasElement, counts: Uint32Array): void {
  canvas.width = 256;
  canvas.height = 256;
  const context = canvas.getContext('2d')!;
  const image = imageOf(counts, 256, (cb, cr) => {
    const [b, r] = [(cb - 128) * 1.8556, (cr - 128) * 1.5748];
    const g = -(0.2126 * r + 0.0722 * b) / 0.7152;
    return [170 + r * 0.6, 170 + g * 0.6, 170 + b * 0.6];
  });
  context.putImageData(image, 0, 0);
  context.strokeStyle = token('--edge');
  context.fillStyle = token('--quiet');
  context.font = '11px system-ui, sans-serif';
  context.textAlign = 'center';
  context.beginPath();
  context.arc(128, 128, 112, 0, Math.PI * 2);
  context.moveTo(16, 128);
  context.lineTo(240, 128);
  context.moveTo(128, 16);
  context.lineTo(128, 240);
  context.stroke();
  for (const [name, r, g, b] of TARGETS) {
    const { cb, cr } = colourDifference(r, g, b);
    context.strokeRect(128 + cb - 5, 128 - cr - 5, 10, 10);
    context.fillText(name, 128 + cb * 1.2, 132 - cr * 1.2);
  }
}

/** Canvas of 256 × 100: red, green and blue added up, the square root of the counts. */
export function drawHistogram(canvas: HTMLCanvasElement, { red, green, blue }: Histogram): void {
  canvas.width = 256;
  canvas.height = 100;
  const context = canvas.getContext('2d')!;
  // The ends would dwarf all else where much is clipped.
  const most = Math.max(...[red, green, blue].map((one) => Math.max(...one.subarray(1, 255))), 1);
  context.globalCompositeOperation = 'lighter';
  for (const [counts, colour] of [
    [red, token('--scope-red')],
    [green, token('--scope-green')],
    [blue, token('--scope-blue')],
  ] as const) {
    context.fillStyle = colour;
    counts.forEach((count, level) => {
      const height = Math.min(100, Math.sqrt(count / most) * 100);
      context.fillRect(level, 100 - height, 1, height);
    });
  }
}
