/** The picture of a take: from the canvases on stdin, and the clip's transparency, to what its encoder is given. Pure. */

import { type FormatSpec, isPictures } from '../../../common/formats/format.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { alphaPlane, alphaScale, conform, SHARP, seekTo } from './args.ts';
import { isFloat, isRgb, type OutputColour, outputColour } from './colour.ts';
import { inputClip } from './input.ts';
import { scaleFloats, TWICE_AS_WIDE, toLight } from './linear.ts';
import { mergeStack } from './merge.ts';

export interface PicturePlan {
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly fit: Fit;
  readonly spec: FormatSpec;
  /** Whether what comes on stdin is the canvas alone, or a stack that merges it with the clip (merge.ts). */
  readonly merged: boolean;
  /** How transparency is read off the clip; or it is given below each canvas, at its size, as grey; null leaves it out. */
  readonly alpha: AlphaInput | 'given' | null;
}

export interface AlphaInput {
  /** The decoder that gives transparency; null is ffmpeg's own choice. */
  readonly decoder: string | null;
  /** Container time to seek to before reading; null reads from the start. */
  readonly seek: number | null;
}

/** Whether canvases come as planes of floats, G, B, R, and not as RGB of 16 bits: what holds light keeps all that they are. */
export function takesFloats({ pixelFormat }: Pick<FormatSpec, 'pixelFormat'>): boolean {
  return isFloat(pixelFormat);
}

/** Tags and range of a picture in a pixel format: RGB is in full range and has no matrix, which is a tag too. */
export function codedAs({ clip }: Pick<PicturePlan, 'clip'>, pixelFormat: string) {
  const { matrix, tags } = outputColour(clip);
  return isRgb(pixelFormat)
    ? ({ matrix, tags: { ...tags, matrix: 0 }, range: 'full' } as const)
    : ({ matrix, tags, range: 'limited' } as const);
}

/** Said of the frames too: some encoders read it off them, and some filters forget it. */
function taggedAs(tags: OutputColour['tags'], range: 'full' | 'limited'): string {
  const { primaries, transfer, matrix } = tags;
  return `setparams=range=${range}:color_primaries=${primaries}:color_trc=${transfer}:colorspace=${matrix}`;
}

/** From stdin: the picture at the source's size, coded in the take's matrix with tags that say so. */
export function pictureFilters(
  { clip, fit, spec, merged }: PicturePlan,
  pixelFormat = spec.pixelFormat,
  from = '0:v',
): string {
  const floats = takesFloats(spec);
  const { matrix, tags, range } = codedAs({ clip }, pixelFormat);
  const crop = `crop=${fit.contentWidth}:${fit.contentHeight}:${fit.left}:${fit.top}`;
  const size = floats ? scaleFloats(clip) : `scale=w=${clip.width}:h=${clip.height}:flags=${SHARP}`;
  const joined = (filters: string[]) =>
    merged
      ? [mergeStack(clip, fit, floats), ...filters].join(',')
      : `[${from}]${[crop, ...filters].join(',')}`;
  const sized = merged ? [] : [size];
  const tagged = taggedAs(tags, range);
  if (isPictures(spec)) {
    return joined([...sized, ...(floats ? [toLight(clip)] : []), `format=${pixelFormat}`, 'setsar=1']);
  }
  if (range === 'full') return joined([...sized, `format=${pixelFormat}`, tagged, 'setsar=1']);
  const odd = spec.evenSides && (clip.width % 2 === 1 || clip.height % 2 === 1);
  const evened = `pad=w=${clip.width + (clip.width % 2)}:h=${clip.height + (clip.height % 2)}:x=0:y=0,fillborders=right=${clip.width % 2}:bottom=${clip.height % 2}:mode=smear`;
  return joined([
    ...(odd ? [...sized, 'format=gbrp16le', evened] : []),
    `${odd || merged ? `scale=flags=${SHARP}` : size}:in_range=full:out_range=limited:out_color_matrix=${matrix}`,
    `format=${pixelFormat}`,
    tagged,
    'setsar=1',
  ]);
}

export function alphaInput(clip: ClipInfo, { decoder, seek }: AlphaInput): string[] {
  return [
    ...(seek === null ? [] : seekTo(seek)),
    ...(decoder === null ? [] : ['-c:v', decoder]),
    ...['-an', ...inputClip(clip)],
  ];
}

/** The clip's transparency at its size. */
function clipAlpha({ clip, range }: PicturePlan, { seek }: AlphaInput): string[] {
  return [
    ...conform(clip, seek !== null),
    `select='between(n,${range.start},${range.end - 1})'`,
    ...alphaPlane(clip, clip),
  ];
}

/** The lower half of what comes on stdin. */
function givenAlpha({ clip, fit, spec }: PicturePlan): string[] {
  const { width, height } = fit;
  const lower = `crop=${width}:${height}:0:${height}`;
  if (takesFloats(spec)) return [lower, scaleFloats(clip)];
  return [lower, 'format=gbrp16le', 'extractplanes=g', alphaScale(clip)];
}

/**
 * The take's picture with the transparency of the same frames of the clip, straight: colours are not multiplied by it. In light they
 * are, as OpenEXR has it.
 */
export function pictureWithAlpha(
  plan: PicturePlan,
  out: NonNullable<FormatSpec['alpha']>,
  input: number,
): string[] {
  const { clip, spec } = plan;
  const given = plan.alpha === 'given';
  const colours = out.planar.replace('a', ''); // yuva444p10le holds the planes of yuv444p10le, and one more
  const { range: levels, tags } = codedAs(plan, colours);
  const alpha = [
    ...(plan.alpha === 'given' ? givenAlpha(plan) : clipAlpha(plan, plan.alpha!)),
    // In the very format and kind of the colours it joins: what a filter would slip in leaves nothing quite transparent.
    ...(levels === 'full' && !(given && isFloat(colours)) ? ['format=gray16le'] : []),
    // swscale makes other numbers of a grey where it makes floats of it.
    ...(isFloat(colours) && !given ? ['mergeplanes=0x000000:gbrp16le', scaleFloats(clip)] : []),
    `format=${colours}`,
    ...(isPictures(spec) ? [] : [`setparams=range=${levels}:colorspace=${tags.matrix}`]),
    'setsar=1',
    'setpts=N',
  ];
  const tagged = isPictures(spec) ? [] : [taggedAs(tags, levels)];
  const ends = `format=${out.pixelFormat}`;
  const parts = given ? ['[0:v]split[given][veil]'] : [];
  const picture = pictureFilters(plan, colours, given ? 'given' : '0:v');
  const veil = given ? 'veil' : `${input}:${clip.stream}`;
  if (!isFloat(out.planar)) {
    return [
      ...parts,
      `${picture},setpts=N[colours]`,
      `[${veil}]${alpha.join(',')}[alpha]`,
      `[colours][alpha]${[`mergeplanes=0x00010210:${out.planar}`, ends, ...tagged].join(',')}[v]`,
    ];
  }
  const crop = `crop=${clip.width}:${clip.height}:0:0`;
  return [
    ...parts,
    `${picture},setpts=N,${TWICE_AS_WIDE}[colours]`,
    `[${veil}]${alpha.join(',')},${TWICE_AS_WIDE.replaceAll(']', 'too]')}[alpha]`,
    `[colours][alpha]mergeplanes=0x00010210:${out.planar},${crop},premultiply=inplace=1,${ends}[v]`,
  ];
}
