/** All take formats. A new one is one file, and its import and name here. */
import { dnxhrHqx } from './dnxhr-hqx.ts';
import type { FormatSpec } from './format.ts';
import { h264 } from './h264.ts';
import { png } from './png.ts';
import { prores422hq } from './prores-422-hq.ts';
import { prores4444 } from './prores-4444.ts';

const formats = {
  prores422hq,
  prores4444,
  'dnxhr-hqx': dnxhrHqx,
  h264,
  png,
};

export type TakeFormat = keyof typeof formats;

export const FORMATS: Readonly<Record<TakeFormat, FormatSpec>> = formats;

/** The first is the usual one. */
export const TAKE_FORMATS = Object.keys(formats) as [TakeFormat, ...TakeFormat[]];

/** The format that a file's name stands for: the first that ends so. Undefined for an ending that none has, and for none. */
export function formatNamed(file: string): TakeFormat | undefined {
  const ending = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase();
  return TAKE_FORMATS.find((format) => FORMATS[format].extensions.some((one) => one === ending));
}
