/** All take formats. A new one is one file, and its import and name here. */
import { BUILT_IN } from '../plugins/built-in.ts';
import { Registry } from '../plugins/registry.ts';
import { cineform } from './cineform.ts';
import { dnxhr444 } from './dnxhr-444.ts';
import { dnxhrHq } from './dnxhr-hq.ts';
import { dnxhrHqx } from './dnxhr-hqx.ts';
import { dnxhrHqxMxf } from './dnxhr-hqx-mxf.ts';
import { dnxhrLb } from './dnxhr-lb.ts';
import { dnxhrLbMxf } from './dnxhr-lb-mxf.ts';
import { dnxhrSq } from './dnxhr-sq.ts';
import { dnxhrSqMxf } from './dnxhr-sq-mxf.ts';
import { exr } from './exr.ts';
import { ffv1 } from './ffv1.ts';
import type { FormatSpec } from './format.ts';
import { h264 } from './h264.ts';
import { hevc } from './hevc.ts';
import { png } from './png.ts';
import { prores422hq } from './prores-422-hq.ts';
import { prores422lt } from './prores-422-lt.ts';
import { prores422proxy } from './prores-422-proxy.ts';
import { prores422standard } from './prores-422-standard.ts';
import { prores4444 } from './prores-4444.ts';
import { tiff } from './tiff.ts';

const formats = {
  prores422hq,
  prores422: prores422standard,
  prores422lt,
  prores422proxy,
  prores4444,
  'dnxhr-hqx': dnxhrHqx,
  'dnxhr-hq': dnxhrHq,
  'dnxhr-sq': dnxhrSq,
  'dnxhr-lb': dnxhrLb,
  'dnxhr-444': dnxhr444,
  'dnxhr-hqx-mxf': dnxhrHqxMxf,
  'dnxhr-sq-mxf': dnxhrSqMxf,
  'dnxhr-lb-mxf': dnxhrLbMxf,
  cineform,
  h264,
  hevc,
  ffv1,
  png,
  tiff,
  exr,
};

export type TakeFormat = keyof typeof formats;

/** None is of a plugin: what they say are arguments of ffmpeg, which reads and writes whatever it is told. */
export const takeFormats = new Registry<{ readonly id: TakeFormat; readonly spec: FormatSpec }>(
  'take format',
);
for (const [id, spec] of Object.entries(formats))
  takeFormats.contribute(BUILT_IN.formats, { id: id as TakeFormat, spec });

export const FORMATS = Object.fromEntries(takeFormats.list.map(({ id, spec }) => [id, spec])) as Readonly<
  Record<TakeFormat, FormatSpec>
>;

/** The first is the usual one. */
export const TAKE_FORMATS = takeFormats.list.map(({ id }) => id) as [TakeFormat, ...TakeFormat[]];

/** Labels of those that hold transparency. */
export const KEEP_TRANSPARENCY = new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(
  TAKE_FORMATS.filter((id) => FORMATS[id].alpha !== null).map((id) => FORMATS[id].label),
);

/** The format that a file's name stands for: the first that ends so. Undefined for an ending that none has, and for none. */
export function formatNamed(file: string): TakeFormat | undefined {
  const ending = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase();
  return TAKE_FORMATS.find((format) => FORMATS[format].extensions.some((one) => one === ending));
}
