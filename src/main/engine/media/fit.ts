/** Where a picture sits in the network's canvas. Pure geometry. */
import { assert } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';

/** Beyond 16:1 the long side stops at this many times `size`, so that a one-line picture does not become a ribbon. */
const LONGEST = 4;

/**
 * Scales width × height alike in both directions until the area is about size² (each side rounded to whole pixels, at
 * least one), and centres that content in a canvas whose sides are multiples of `grid`. Never squashes; the rest of the
 * canvas is replicated edge.
 */
export function fitCanvas(
  width: number,
  height: number,
  { size, grid }: { size: number; grid: number },
): Fit {
  for (const value of [width, height, size, grid]) {
    assert(Number.isInteger(value) && value > 0, `fit of ${width}×${height} to ${size}, grid ${grid}`);
  }
  const scale = Math.min(size / Math.sqrt(width * height), (LONGEST * size) / Math.max(width, height));
  const contentWidth = Math.max(1, Math.round(width * scale));
  const contentHeight = Math.max(1, Math.round(height * scale));
  return centred(
    [width, height],
    [contentWidth, contentHeight],
    [Math.ceil(contentWidth / grid) * grid, Math.ceil(contentHeight / grid) * grid],
  );
}

/** As fitCanvas, for a network that knows one canvas only: the picture becomes as large as it holds. */
export function fitInto(width: number, height: number, canvas: { width: number; height: number }): Fit {
  const scale = Math.min(canvas.width / width, canvas.height / height);
  const side = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length * scale)));
  const content: Sides = [side(width, canvas.width), side(height, canvas.height)];
  return centred([width, height], content, [canvas.width, canvas.height]);
}

/** Width and height. */
type Sides = readonly [number, number];

function centred(source: Sides, content: Sides, canvas: Sides): Fit {
  return {
    sourceWidth: source[0],
    sourceHeight: source[1],
    contentWidth: content[0],
    contentHeight: content[1],
    width: canvas[0],
    height: canvas[1],
    left: Math.floor((canvas[0] - content[0]) / 2),
    top: Math.floor((canvas[1] - content[1]) / 2),
  };
}

/** The content of a canvas without its padding: the way back from padEdges. RGB8, h·w·3. */
export function cutContent(canvas: Uint8Array, fit: Fit): Uint8Array {
  const { contentWidth, contentHeight, width, height, left, top } = fit;
  if (contentWidth === width && contentHeight === height) return canvas;
  const content = new Uint8Array(contentWidth * contentHeight * 3);
  const line = contentWidth * 3;
  for (let y = 0; y < contentHeight; y += 1) {
    const start = ((y + top) * width + left) * 3;
    content.set(canvas.subarray(start, start + line), y * line);
  }
  return content;
}

/** How far the sides of a clip and of what goes with it may differ in their ratio. */
const SHAPE = 0.02;

/** Whether a picture, at whatever size, has the shape of its clip, and so shows all of it. */
export function showsAll(
  picture: { readonly width: number; readonly height: number },
  clip: { readonly width: number; readonly height: number },
): boolean {
  return Math.abs(picture.width / picture.height / (clip.width / clip.height) - 1) <= SHAPE;
}

/** Content pixels (h·w·3, RGB) laid into the canvas, edges replicated outwards. */
export function padEdges(content: Uint8Array, fit: Fit): Uint8Array {
  const { contentWidth, contentHeight, width, height, left, top } = fit;
  if (contentWidth === width && contentHeight === height) return content;
  const canvas = new Uint8Array(width * height * 3);
  for (let y = 0; y < contentHeight; y += 1) {
    const row = content.subarray(y * contentWidth * 3, (y + 1) * contentWidth * 3);
    const start = (y + top) * width * 3;
    canvas.set(row, start + left * 3);
    for (let x = 0; x < left; x += 1) canvas.set(row.subarray(0, 3), start + x * 3);
    const last = row.subarray(row.length - 3);
    for (let x = left + contentWidth; x < width; x += 1) canvas.set(last, start + x * 3);
  }
  const line = width * 3;
  for (let y = 0; y < top; y += 1) canvas.copyWithin(y * line, top * line, (top + 1) * line);
  const bottom = top + contentHeight - 1;
  for (let y = bottom + 1; y < height; y += 1)
    canvas.copyWithin(y * line, bottom * line, (bottom + 1) * line);
  return canvas;
}
