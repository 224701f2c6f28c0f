/** What all flavours of DNxHR share, in QuickTime and in MXF OP1a. */
import { type FormatSpec, PCM } from './format.ts';

const DNXHR = {
  encoder: 'dnxhd',
  alpha: null,
  minimum: [256, 120],
  evenSides: false,
  lossless: false,
} as const;

const QUICKTIME = { extensions: ['.mov'], muxer: 'mov', sound: PCM, movflags: '+write_colr' } as const;

/** Editing programs expect one rate of sound in it, and ffmpeg writes no other. */
const OP1A = {
  extensions: ['.mxf'],
  muxer: 'mxf',
  sound: { ...PCM, rates: [48_000] },
  movflags: null,
} as const;

/** Every frame takes the same room, whatever it shows. */
interface Flavour extends Pick<FormatSpec, 'label' | 'purpose' | 'bitsPerPixel'> {
  /** As ffmpeg calls it. */
  readonly profile: 'lb' | 'sq' | 'hq' | 'hqx' | '444';
  readonly pixelFormat: 'yuv422p' | 'yuv422p10le' | 'yuv444p10le';
}

export function dnxhr({ profile, ...own }: Flavour): FormatSpec {
  return { ...DNXHR, ...QUICKTIME, ...own, video: ['-profile:v', `dnxhr_${profile}`] };
}

/** The same in MXF OP1a. */
export function inMxf(flavour: FormatSpec): FormatSpec {
  return { ...flavour, ...OP1A, label: `${flavour.label} (MXF)`, purpose: `${flavour.purpose}, in MXF OP1a` };
}
