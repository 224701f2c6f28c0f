/** The argument list that writes a take. Pure: what is asked of ffmpeg can be read, and tested, without running it. */

import { type FormatSpec, isPictures } from '../../../common/formats/format.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { alphaPlane, alphaScale, conform, QUIET, SHARP, secondsOf, seekTo } from './args.ts';
import { isFloat, isRgb, type OutputColour, outputColour } from './colour.ts';
import { inputCanvases, inputChapters, inputClip } from './input.ts';
import { scaleFloats, TWICE_AS_WIDE, toLight } from './linear.ts';
import { mergeStack, stackOf } from './merge.ts';
import { soundFilter, soundInput } from './sound-args.ts';

export interface EncodePlan {
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly fit: Fit;
  readonly spec: FormatSpec;
  /** File to write; of a sequence the pattern, its own percent signs doubled. */
  readonly output: string;
  /** Number of a sequence's first picture. */
  readonly firstNumber: number;
  readonly timecode: string | null;
  /** One file for each of the clip's sounds where the format holds none; null where it does. */
  readonly soundFiles: readonly string[] | null;
  /** Whether what comes on stdin is the canvas alone, or a stack that merges it with the clip (merge.ts). */
  readonly merged: boolean;
  /** How transparency is read off the clip; or it is given below each canvas, at its size, as grey; null leaves it out. */
  readonly alpha: AlphaInput | 'given' | null;
  /** A file that lists the take's chapters; null where it has none. */
  readonly chapters: string | null;
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

/**
 * Reads canvases, or stacks, on stdin until it ends (a count would make ffmpeg 5 close the sound early), takes sound and
 * transparency of the range from the clip, writes the take.
 */
export function encodeArgs(plan: EncodePlan): string[] {
  const { clip, range, fit, spec, timecode, soundFiles, alpha, chapters, merged } = plan;
  const floats = takesFloats(spec);
  const inputs = [
    merged
      ? inputCanvases(stackOf(clip, fit), clip.rate, floats ? 'gbrapf32le' : 'gbrap16le')
      : inputCanvases(canvasOf(plan), clip.rate, floats ? 'gbrpf32le' : 'rgb48le'),
    ...(clip.audio.length > 0 ? [soundInput(clip, range)] : []),
    ...(alpha && alpha !== 'given' ? [alphaInput(clip, alpha)] : []),
    ...(chapters ? [inputChapters(chapters)] : []),
  ];
  const alphaAt = clip.audio.length > 0 ? 2 : 1;
  const graph = [
    ...(alpha ? pictureWithAlpha(plan, spec.alpha!, alphaAt) : [`${pictureFilters(plan)}[v]`]),
    ...clip.audio.map((stream, index) => soundFilter(plan, stream, index)),
  ];
  const { tags, range: levels } = codedAs(plan, alpha ? spec.alpha!.pixelFormat : spec.pixelFormat);
  return [
    ...QUIET.filter((option) => option !== '-nostdin'),
    ...['-y', '-progress', 'pipe:1', '-copyts'],
    ...inputs.flat(),
    ...['-filter_complex', graph.join(';')],
    ...['-map', '[v]', '-c:v', spec.encoder, ...spec.video, ...(alpha ? spec.alpha!.video : [])],
    // mergeplanes forgets how long a picture stays.
    ...(alpha || merged
      ? ['-fps_mode', 'cfr', '-r', formatRational(clip.rate)]
      : ['-fps_mode', 'passthrough']),
    ...(isPictures(spec)
      ? ['-start_number', String(plan.firstNumber)]
      : [
          ...['-color_primaries', String(tags.primaries), '-color_trc', String(tags.transfer)],
          ...['-colorspace', String(tags.matrix), '-color_range', levels === 'full' ? 'pc' : 'tv'],
        ]),
    ...(soundFiles ? [] : clip.audio.flatMap((_, index) => ['-map', `[a${index}]`])),
    ...(soundFiles ? [] : soundCodec(plan)),
    // Of the inputs only the names of chapters are taken over as they are.
    ...(chapters
      ? ['-map_metadata:g', '-1', '-map_metadata:s', '-1', '-map_chapters', String(inputs.length - 1)]
      : ['-map_metadata', '-1', '-map_chapters', '-1']),
    ...(soundFiles ? [] : soundNames(plan)),
    ...(timecode === null ? [] : ['-timecode', timecode]),
    ...(clip.reel === null || !hasReel(spec)
      ? []
      : // QuickTime has it in the timecode's track, which ffmpeg makes of the picture's; others have one for all.
        [spec.muxer === 'mov' ? '-metadata:s:v:0' : '-metadata', `reel_name=${clip.reel}`]),
    ...(spec.movflags === null ? [] : ['-movflags', spec.movflags]),
    ...['-f', spec.muxer, `file:${plan.output}`],
    ...(soundFiles ?? []).flatMap((file, index) => soundFileArgs(plan, file, index)),
  ];
}

function canvasOf({ fit: { width, height }, alpha }: EncodePlan): Pick<Fit, 'width' | 'height'> {
  return { width, height: alpha === 'given' ? 2 * height : height };
}

/** Whether a container has a place for the name of the reel. */
export function hasReel({ muxer }: Pick<FormatSpec, 'muxer'>): boolean {
  return muxer === 'mov' || muxer === 'mxf' || muxer === 'matroska';
}

/** Tags and range of a picture in a pixel format: RGB is in full range and has no matrix, which is a tag too. */
function codedAs({ clip }: Pick<EncodePlan, 'clip'>, pixelFormat: string) {
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
function pictureFilters(
  { clip, fit, spec, merged }: EncodePlan,
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

function alphaInput(clip: ClipInfo, { decoder, seek }: AlphaInput): string[] {
  return [
    ...(seek === null ? [] : seekTo(seek)),
    ...(decoder === null ? [] : ['-c:v', decoder]),
    ...['-an', ...inputClip(clip)],
  ];
}

/** The clip's transparency at its size. */
function clipAlpha({ clip, range }: EncodePlan, { seek }: AlphaInput): string[] {
  return [
    ...conform(clip, seek !== null),
    `select='between(n,${range.start},${range.end - 1})'`,
    ...alphaPlane(clip, clip),
  ];
}

/** The lower half of what comes on stdin. */
function givenAlpha({ clip, fit, spec }: EncodePlan): string[] {
  const { width, height } = fit;
  const lower = `crop=${width}:${height}:0:${height}`;
  if (takesFloats(spec)) return [lower, scaleFloats(clip)];
  return [lower, 'format=gbrp16le', 'extractplanes=g', alphaScale(clip)];
}

/**
 * The take's picture with the transparency of the same frames of the clip, straight: colours are not multiplied by it. In light they
 * are, as OpenEXR has it.
 */
function pictureWithAlpha(plan: EncodePlan, out: NonNullable<FormatSpec['alpha']>, input: number): string[] {
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

const LEAST_BIT_RATE = 256_000;

function soundCodec({ clip, spec: { sound } }: EncodePlan): string[] {
  if (clip.audio.length === 0) return [];
  const { bitRate, rates: held } = sound;
  // AAC's encoder says itself what it takes.
  const resampled = (rate: number) => bitRate === null && held !== null && !held.includes(rate);
  const rates = clip.audio.map(({ channels }) => Math.max(LEAST_BIT_RATE, channels * (bitRate ?? 0)));
  return [
    ...['-c:a', sound.encoder],
    ...(bitRate === null ? [] : rates.flatMap((rate, index) => [`-b:a:${index}`, String(rate)])),
    ...clip.audio.flatMap(({ sampleRate }, index) =>
      resampled(sampleRate) ? [`-ar:a:${index}`, String(held!.at(-1))] : [],
    ),
  ];
}

/**
 * Languages by the name that QuickTime's muxer of ffmpeg knows them by; it has numbers for no others than these and the ones it
 * calls by their own.
 */
const QUICKTIME_LANGUAGES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'eng fra fre:fra ger deu:ger ita dut nld:dut sve swe:sve spa dan por nor heb jpn ara fin gre ell:gre ice isl:ice mlt tur chi ' +
    'zho:chi urd hin tha kor lit pol hun est lav rus alb sqi:alb ron rum:ron ces cze:ces slk slo:slk slv yid mac mkd:mac bul ukr ' +
    'bel uzb kaz aze arm hye:arm geo kat:geo kir tgk tuk mon pus kur kas snd tib bod:tib nep san mar ben asm guj ori mal kan tam ' +
    'tel bur mya:bur khm lao vie ind tgl may msa:may amh tir orm som swa mlg epo wel cym:wel baq eus:baq cat lat que grn aym tat'
  )
    .split(' ')
    .map((pair) => [pair.split(':')[0]!, pair.split(':')[1] ?? pair]),
);

/** The language as a container takes it; null where it has no word for it. */
export function languageIn(muxer: string, language: string): string | null {
  if (muxer === 'mxf') return null;
  return muxer === 'mov' ? (QUICKTIME_LANGUAGES[language] ?? null) : language;
}

/** Titles, languages and which track plays first, as the clip has them. */
function soundNames({ clip, spec }: EncodePlan): string[] {
  const audio = clip.audio.map((stream) => ({
    ...stream,
    language: stream.language && languageIn(spec.muxer, stream.language),
  }));
  const named = audio.flatMap(({ title, language }, index) => [
    ...(title === null ? [] : [`-metadata:s:a:${index}`, `title=${title}`]),
    // Editing programs show the handler's name.
    ...(title === null || spec.movflags === null ? [] : [`-metadata:s:a:${index}`, `handler_name=${title}`]),
    ...(language === null ? [] : [`-metadata:s:a:${index}`, `language=${language}`]),
  ]);
  const plain =
    audio.length < 2 && audio.every(({ dispositions }) => dispositions.every((one) => one === 'default'));
  if (plain) return named;
  const placed = audio.flatMap(({ dispositions }, index) => [
    `-disposition:a:${index}`,
    dispositions.join('+') || '0',
  ]);
  return [...named, '-disposition:v:0', 'default', ...placed];
}

function soundFileArgs({ clip, spec }: EncodePlan, file: string, index: number): string[] {
  const { title, language } = clip.audio[index]!;
  return [
    ...['-map', `[a${index}]`, '-c:a', spec.sound.encoder, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...(title === null ? [] : ['-metadata', `title=${title}`]),
    ...(language === null ? [] : ['-metadata', `language=${language}`]),
    ...['-f', 'wav', `file:${file}`],
  ];
}

/** Chapters of the range on the take's clock, in ffmpeg's own notation; null where there are none. */
export function chapterList(clip: ClipInfo, range: FrameRange): string | null {
  const begin = clip.startTime + secondsOf(range.start, clip.rate);
  const length = secondsOf(range.end - range.start, clip.rate);
  const lines = clip.chapters.flatMap(({ start, end, title }) => {
    const [from, to] = [Math.max(0, start - begin), Math.min(length, end - begin)];
    if (to <= from) return [];
    const times = [`START=${Math.round(from * 1e6)}`, `END=${Math.round(to * 1e6)}`];
    return [
      '[CHAPTER]',
      'TIMEBASE=1/1000000',
      ...times,
      ...(title === null ? [] : [`title=${escaped(title)}`]),
    ];
  });
  return lines.length === 0 ? null : `;FFMETADATA1\n${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replace(/[=;#\\\n]/g, '\\$&');
}
