/** The sound of a movie that is put together: one track of PCM, of each piece its first sound, silence where there is none. */
import { basename } from 'node:path';
import type { AudioStream, ClipInfo, FrameRange } from '../../../common/media.ts';
import { framesLast, nearestFrame } from '../../../common/time/exact.ts';
import { writeFailure } from '../media/failure.ts';
import { FfmpegProcess, resolveFfmpeg } from '../media/ffmpeg.ts';
import { joinSoundArgs, soundPieceArgs } from '../media/sound-args.ts';
import type { Movie } from './movie.ts';
import type { Infos } from './sources.ts';

/** Layouts that go on as they are where every piece has the same; all else is mixed to two channels. */
const KEPT: Readonly<Record<string, number>> = { mono: 1, stereo: 2, '5.1': 6, '7.1': 8 };
const USUAL_RATE = 48_000;

export interface Track {
  readonly sampleRate: number;
  readonly layout: string;
  readonly channels: number;
}

/** What the track of a movie is; null where nothing is heard. */
export function trackOf({ pieces }: Movie, infos: Infos): Track | null {
  const heard = pieces.flatMap(({ sound }) => (sound ? [infos.get(sound.path)!.audio[0]!] : []));
  if (heard.length === 0) return null;
  const layouts = new Set(heard.map(({ layout }) => layout));
  const rates = new Set(heard.map(({ sampleRate }) => sampleRate));
  const [layout] = layouts.size === 1 ? layouts : ['stereo'];
  const kept = layout !== undefined && layout in KEPT ? layout : 'stereo';
  const [rate] = rates.size === 1 ? rates : [USUAL_RATE];
  return { sampleRate: rate!, layout: kept, channels: KEPT[kept]! };
}

/** Samples before a frame of the movie, to the nearest. */
function samplesAt(frame: number, { rate }: Movie, { sampleRate }: Track): number {
  return nearestFrame(framesLast(frame, rate), { num: sampleRate, den: 1 });
}

/** A clip whose first frame is heard at those seconds of its file. */
export function heardFrom(info: ClipInfo, from: number, { rate, frames }: Movie): ClipInfo {
  return { ...info, startTime: info.startTime + from, rate, frames, chapters: [] };
}

const BYTES = 4;
/** Of silence, written at once. */
const MOST_SAMPLES = 48_000;
const STALL_MS = 300_000;

/**
 * Writes it, as long as the movie to the sample.
 * @throws AppError clip-unreadable, disk-full; Cancelled
 */
export async function joinSound(
  movie: Movie,
  track: Track,
  {
    infos,
    output,
    signal,
  }: { readonly infos: Infos; readonly output: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const doing = 'putting the sound together';
  const ffmpeg = await resolveFfmpeg();
  await using child = new FfmpegProcess(ffmpeg, joinSoundArgs(track, output), {
    doing,
    signal,
    stallMs: STALL_MS,
  });
  const put = async (bytes: Uint8Array) => {
    if (!(await child.write(bytes))) throw writeFailure(doing, (await child.finished()).tail);
  };
  const bytesOf = (samples: number) => samples * track.channels * BYTES;
  let frame = 0;
  for (const { count, sound } of movie.pieces) {
    let left = bytesOf(samplesAt(frame + count, movie, track) - samplesAt(frame, movie, track));
    if (sound) {
      const clip = heardFrom(infos.get(sound.path)!, sound.from, movie);
      for await (const chunk of heard(clip, { start: 0, end: count }, track, signal)) {
        const part = chunk.subarray(0, left);
        if (part.length > 0) await put(part);
        left -= part.length;
      }
    }
    for (; left > 0; left -= Math.min(left, bytesOf(MOST_SAMPLES)))
      await put(new Uint8Array(Math.min(left, bytesOf(MOST_SAMPLES))));
    frame += count;
  }
  const { code, tail } = await child.finished();
  if (code !== 0) throw writeFailure(doing, tail);
}

/** Samples of 32 bits, channels in turn. */
async function* heard(
  clip: ClipInfo,
  range: FrameRange,
  track: Track,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const args = soundPieceArgs(clip, range, track);
  const doing = `reading the sound of ${basename(clip.path)}`;
  await using child = new FfmpegProcess(await resolveFfmpeg(), args, { doing, signal });
  yield* child.output();
}

/** The track as a clip has it. */
export function asStream({ sampleRate, layout, channels }: Track): AudioStream {
  return {
    ...{ index: 0, codec: 'pcm_s32le', channels, layout, sampleRate },
    ...{ title: null, language: null, dispositions: [] },
  };
}
