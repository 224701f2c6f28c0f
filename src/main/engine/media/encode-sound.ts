/** The sound of a take: its codec, and what its tracks are called. Pure. */
import type { FormatSpec } from '../../../common/formats/format.ts';
import type { ClipInfo } from '../../../common/media.ts';

interface SoundPlan {
  readonly clip: Pick<ClipInfo, 'audio'>;
  readonly spec: FormatSpec;
}

const LEAST_BIT_RATE = 256_000;

export function soundCodec({ clip, spec: { sound } }: SoundPlan): string[] {
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
export function soundNames({ clip, spec }: SoundPlan): string[] {
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

export function soundFileArgs({ clip, spec }: SoundPlan, file: string, index: number): string[] {
  const { title, language } = clip.audio[index]!;
  return [
    ...['-map', `[a${index}]`, '-c:a', spec.sound.encoder, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...(title === null ? [] : ['-metadata', `title=${title}`]),
    ...(language === null ? [] : ['-metadata', `language=${language}`]),
    ...['-f', 'wav', `file:${file}`],
  ];
}
