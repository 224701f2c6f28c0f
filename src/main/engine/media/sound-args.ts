/** What ffmpeg is asked of a clip's sounds. Pure. */
import type { AudioStream, ClipInfo, FrameRange } from '../../../common/media.ts';
import { canSeek, QUIET, secondsOf, seekTo, TALKING } from './args.ts';
import { inputSamples, inputSource, type Source } from './input.ts';
import { soundClock } from './retiming.ts';

/** Tries whether a sound stream opens and decodes, and tells of what comes out. */
export function trySoundArgs(source: Source, index: number): string[] {
  const out = ['-af', 'ashowinfo', '-t', '0.1', '-f', 'null', '-'];
  return [...TALKING, ...inputSource(source), '-map', `0:${index}`, ...out];
}

/** What `ashowinfo` says of one packet of samples; null for any other line. */
export function parseHeard(line: string): Pick<AudioStream, 'channels' | 'layout' | 'sampleRate'> | null {
  const heard = /\bchannels:(\d+) chlayout:(.*?) rate:(\d+) nb_samples:/.exec(line);
  return heard && { channels: Number(heard[1]), layout: heard[2]!, sampleRate: Number(heard[3]) };
}

/** Sound decoders need a little of what comes before. */
const SOUND_RUN_UP_SECONDS = 2;

function soundStart(clip: ClipInfo, range: FrameRange): number {
  return clip.startTime + secondsOf(range.start, clip.rate);
}

export function soundInput(clip: ClipInfo, range: FrameRange): string[] {
  const seek = soundStart(clip, range) - SOUND_RUN_UP_SECONDS;
  const sought = seek > Math.max(0, clip.startTime) && canSeek(clip, seek);
  return [...(sought ? seekTo(seek) : []), '-vn', ...inputSource(clip)];
}

/** Sounds that ffmpeg cannot mix to fewer channels, for it does not know what they are: the ones that stand for all. */
function mixable({ layout }: AudioStream): string[] {
  if (layout.startsWith('ambisonic')) return ['pan=mono|c0=c0']; // the first channel hears all around
  return /^\d+ channels/.test(layout) ? ['pan=stereo|c0=c0|c1=c1'] : [];
}

/** The sound as `soundFilter` places it, such that it can be mixed to one or two channels. */
export function mixedSoundFilter(
  plan: { readonly clip: ClipInfo; readonly range: FrameRange },
  stream: AudioStream,
  index: number,
  input = 1,
): string {
  const pan = mixable(stream).map((filter) => `${filter},`);
  return soundFilter(plan, stream, index, input).replace(']', `]${pan.join('')}`);
}

/** Places the sound on the take's clock, fills gaps with silence, and ends it with the picture to the sample. */
export function soundFilter(
  { clip, range }: { readonly clip: ClipInfo; readonly range: FrameRange },
  stream: AudioStream,
  index: number,
  input = 1,
): string {
  const start = soundStart(clip, range);
  const samples = Math.round(secondsOf(range.end - range.start, clip.rate) * stream.sampleRate);
  return [
    `[${input}:${stream.index}]${soundClock(clip, start)}`,
    // Its own rate is said: else an encoder's wish reaches in here and the samples are miscounted.
    `aresample=${stream.sampleRate}:async=1:first_pts=0`,
    'apad',
    `atrim=end_sample=${samples}`,
    `asetpts=N/SR/TB[a${index}]`,
  ].join(',');
}

interface Pcm {
  readonly sampleRate: number;
  readonly layout: string;
  readonly channels: number;
}

/** A clip's first sound over some of its frames, brought to a rate and a layout: samples of 32 bits on stdout. */
export function soundPieceArgs(clip: ClipInfo, range: FrameRange, { sampleRate, layout }: Pcm): string[] {
  const stream = clip.audio[0]!;
  const filter = layout === stream.layout ? soundFilter : mixedSoundFilter;
  const as = `aresample=${sampleRate},aformat=sample_fmts=s32:channel_layouts=${layout}`;
  return [
    ...[...QUIET, '-copyts', ...soundInput(clip, range)],
    ...['-filter_complex', `${filter({ clip, range }, stream, 0, 0)};[a0]${as}[out]`],
    ...['-map', '[out]', '-c:a', 'pcm_s32le', '-f', 's32le', '-'],
  ];
}

/** Such samples from stdin to a file that holds them whatever their length. */
export function joinSoundArgs({ sampleRate, channels }: Pcm, output: string): string[] {
  return [
    ...QUIET.filter((option) => option !== '-nostdin'),
    '-y',
    ...inputSamples(sampleRate, channels),
    ...['-c:a', 'pcm_s32le', '-f', 'w64', `file:${output}`],
  ];
}
