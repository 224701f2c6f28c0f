/** What a made file shows, frame by frame, and what is heard with it. Pure. */
import type { ClipInfo, Rational } from '../../../common/media.ts';
import type { ClipRef, Shot, Take } from '../../../common/project/document.ts';
import { clipFrameOf, isShot, type Placed } from '../../../common/project/positions.ts';
import {
  add,
  compare,
  type Exact,
  frameAt,
  framesLast,
  nearestFrame,
  subtract,
  ZERO,
} from '../../../common/time/exact.ts';
import { sameRational } from '../../../common/time/rational.ts';
import type { Sources } from './sources.ts';

/** Frames of one file in a row. */
export interface Piece {
  /** Frames of the movie. */
  readonly count: number;
  /** A file's path, and its frame for each frame of the movie, ascending; null is black. */
  readonly picture: { readonly path: string; readonly frames: readonly number[] } | null;
  /** A file's path, and the seconds after its first frame at which it is heard; null is silence. */
  readonly sound: { readonly path: string; readonly from: number } | null;
}

/** What is known of an upscaler before it has to work. */
export interface EnlargerFacts {
  readonly dir: string;
  /** sha256 hex of all that changes its numbers. */
  readonly digest: string;
  /** How many times as wide and as high its pictures are. */
  readonly times: number;
}

export interface Movie {
  readonly rate: Rational;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Label of its first frame. */
  readonly timecode: string | null;
  readonly reel: string | null;
  readonly pieces: readonly Piece[];
  /** What makes its pictures larger, by its digest; its size is the one before. */
  readonly enlarged?: EnlargerFacts;
  /** A file that is heard from the first frame on, with all its tracks, whatever is seen; the pieces say nothing of sound then. */
  readonly through?: string;
}

/** What shows at a frame of a grid: a file's frame, and the seconds of a file that are heard from its beginning on. */
interface Seen {
  /** Frames in a row of one run belong together. */
  readonly run: string;
  readonly picture: { readonly path: string; readonly frame: number };
  /** Asked at the beginning of a run only. */
  sound(): { readonly path: string; readonly at: Exact } | null;
}

/** Something that is looked at frame by frame: a take, a shot with its handles, the timeline. */
export interface Grid {
  readonly rate: Rational;
  readonly frames: number;
  at(frame: number): Seen | null;
}

/** How many frames of another rate take the same time, to the nearest; at least one. */
export function framesAtRate({ rate, frames }: Grid, wanted: Rational): number {
  return Math.max(1, nearestFrame(framesLast(frames, rate), wanted));
}

/** Frame k of the movie is the frame of the grid that has begun by then. */
export function piecesOf(grid: Grid, rate: Rational, count: number): Piece[] {
  const pieces: {
    run: string | null;
    count: number;
    picture: { path: string; frames: number[] } | null;
    sound: Piece['sound'];
  }[] = [];
  const same = sameRational(rate, grid.rate);
  for (let k = 0; k < count; k += 1) {
    const frame = same ? k : Math.min(grid.frames - 1, frameAt(framesLast(k, rate), grid.rate));
    const seen = grid.at(frame);
    const last = pieces.at(-1);
    const run = seen?.run ?? null;
    if (last && last.run === run) {
      last.count += 1;
      if (seen) last.picture?.frames.push(seen.picture.frame);
      continue;
    }
    const into = subtract(framesLast(k, rate), framesLast(frame, grid.rate));
    const sound = seen?.sound();
    pieces.push({
      ...{ run, count: 1 },
      picture: seen && { path: seen.picture.path, frames: [seen.picture.frame] },
      sound: sound ? { path: sound.path, from: seconds(add(sound.at, into)) } : null,
    });
  }
  return pieces.map(({ run: _, ...piece }) => piece);
}

function seconds({ num, den }: Exact): number {
  // Whole seconds apart: hours at odd rates have more digits than a number holds.
  return Number(num / den) + Number(num % den) / Number(den);
}

/** All frames of one file. */
export function fileGrid(
  { path, rate, frames, audio }: ClipInfo,
  heard: { path: string; from: Exact } | null,
): Grid {
  const own = audio.length > 0 ? { path, from: ZERO } : heard;
  return {
    ...{ rate, frames },
    at: (frame) => ({
      ...{ run: path, picture: { path, frame } },
      sound: () => own && { path: own.path, at: add(own.from, framesLast(frame, rate)) },
    }),
  };
}

export interface ShotParts {
  readonly shot: Shot;
  readonly clip: ClipRef;
  /** That is shown; null where the clip is. */
  readonly take: Take | null;
}

export interface Handles {
  readonly frames: number;
  readonly fromClip: boolean;
}

/** Frames of its clip that a shot goes out with: its own and what there is of handles on each side. */
export function withHandles(
  { shot, clip, take }: ShotParts,
  { frames, fromClip }: Handles,
): { start: number; end: number } {
  // Of what is shown at that end: beside a take no picture of the clip, unless it is asked for.
  const from = (edge: number) =>
    take && !fromClip && edge >= take.start && edge < take.end ? take : { start: 0, end: clip.frames };
  const start = Math.max(Math.min(from(shot.start).start, shot.start), shot.start - frames);
  const end = Math.min(Math.max(from(shot.end - 1).end, shot.end), shot.end + frames);
  return { start, end };
}

/** A shot as it is shown: its take, and the clip where that does not reach. */
export function shotGrid(
  parts: ShotParts,
  { start, end }: { start: number; end: number },
  sources: Sources,
): Grid {
  const { rate } = parts.clip;
  return {
    ...{ rate, frames: end - start },
    at: (frame) => seenOf(parts, start + frame, () => framesLast(start + frame, rate), sources),
  };
}

/** Frames of the timeline; gaps are nothing. */
export function timelineGrid(
  placed: readonly Placed[],
  { from, to }: { from: number; to: number },
  rate: Rational,
  { partsOf, sources }: { readonly partsOf: (shot: Shot) => ShotParts; readonly sources: Sources },
): Grid {
  let index = 0;
  return {
    ...{ rate, frames: to - from },
    at(frame) {
      const wanted = from + frame;
      if (wanted < (placed[index]?.from ?? 0)) index = 0;
      while (index < placed.length && placed[index]!.to <= wanted) index += 1;
      const here = placed[index];
      if (!isShot(here)) return null;
      const parts = partsOf(here.item);
      const { conform } = here;
      const time = () =>
        add(framesLast(conform.start, parts.clip.rate), framesLast(wanted - conform.from, rate));
      return seenOf(parts, clipFrameOf(here, wanted), time, sources);
    },
  };
}

/** @param time seconds of the clip */
function seenOf({ shot, clip, take }: ShotParts, frame: number, time: () => Exact, sources: Sources): Seen {
  const info = sources.get(clip.path)!;
  const taken = take && frame >= take.start && frame < take.end ? sources.get(take.path)! : null;
  const heard = taken && taken.audio.length > 0 ? taken : info.audio.length > 0 ? info : null;
  return {
    run: `${shot.id}\n${taken ? taken.path : info.path}`,
    picture: taken ? { path: taken.path, frame: frame - take!.start } : { path: info.path, frame },
    sound() {
      if (!heard) return null;
      const at = heard === taken ? notNegative(subtract(time(), framesLast(take!.start, clip.rate))) : time();
      return { path: heard.path, at };
    },
  };
}

/** A shot may begin between two frames of a clip of another rate; a take begins with the second. */
function notNegative(time: Exact): Exact {
  return compare(time, ZERO) < 0 ? ZERO : time;
}
