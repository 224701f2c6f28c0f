/** The example panel's clustering: the colours that are there, by their shares, and no others. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');

interface Colours {
  paletteOf(pixels: Uint8ClampedArray): { rgb: number[]; share: number }[];
  hexOf(rgb: readonly number[]): string;
  nameOf(rgb: readonly number[]): string;
}
const page: { window: { colours?: Colours } } = { window: {} };
runInNewContext(read('examples/plugins/palette/panel/colours.js'), page);
const { paletteOf, hexOf, nameOf } = page.window.colours!;

/** A picture of as many pixels of each colour. */
function picture(...parts: [rgb: number[], pixels: number][]): Uint8ClampedArray {
  return Uint8ClampedArray.from(
    parts.flatMap(([rgb, pixels]) => Array.from({ length: pixels }, () => [...rgb, 255]).flat()),
  );
}
const told = (pixels: Uint8ClampedArray) =>
  paletteOf(pixels).map(({ rgb, share }) => `${hexOf(rgb)} ${Math.round(share * 100)}`);

describe('the palette', () => {
  it('has as many colours as the picture', () => {
    expect(told(picture([[200, 50, 50], 100]))).toEqual(['#c83232 100']);
    expect(told(picture([[200, 50, 50], 60], [[50, 100, 200], 30], [[0, 0, 0], 10]))).toEqual([
      ...['#c83232 60', '#3264c8 30', '#000000 10'],
    ]);
  });

  it('has eight at the most, and leaves out what is hardly there', () => {
    const many = Array.from({ length: 40 }, (_, i): [number[], number] => [
      [(i * 53) % 256, (i * 97) % 256, (i * 151) % 256],
      25,
    ]);
    const shares = paletteOf(picture(...many)).map(({ share }) => share);
    expect(shares.length).toBeGreaterThanOrEqual(5);
    expect(shares.length).toBeLessThanOrEqual(8);
    expect(told(picture([[255, 255, 255], 999], [[255, 0, 0], 1]))).toEqual(['#ffffff 100']);
  });

  it('tells shades of one colour as one', () => {
    const shades = Array.from({ length: 20 }, (_, i): [number[], number] => [[100 + i, 110 + i, 130 + i], 5]);
    expect(paletteOf(picture(...shades))).toHaveLength(1);
  });

  it('calls colours what they are', () => {
    expect(
      [
        [0, 0, 0],
        [250, 250, 250],
        [40, 90, 210],
        [220, 30, 30],
      ].map(nameOf),
    ).toEqual([...['black', 'white', 'blue', 'red']]);
  });
});

it('speaks to the window as every panel does', () => {
  expect(read('examples/plugins/palette/panel/retake.js')).toBe(read('packages/plugin-api/panel.js'));
});
