/**
 * A cut as editing programs exchange it: one track of picture with its sound, in exact time. Formats write it and read it;
 * what a program has beyond it is told, not kept.
 */
import type { Rational } from '../media.ts';
import type { MARKER_COLOURS } from '../project/document.ts';
import { type Exact, framesLast } from '../time/exact.ts';
import type { Timecode } from '../time/timecode.ts';

/** A file that the cut shows pieces of. What a reader is not told it fills with what the cut needs: the frames that are used, the cut's own size. */
export interface CutMedia {
  /** Of this cut only. */
  readonly id: string;
  /** As a bin shows it: the file's name with its ending. */
  readonly name: string;
  /** Absolute; of a sequence of pictures its pattern, "shot.####.png". */
  readonly path: string;
  readonly rate: Rational;
  /** How many, at that rate. */
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Label of its first frame; null where it has none, and counts from 0. */
  readonly timecode: Timecode | null;
  readonly reel: string | null;
  /** Null where it has none. */
  readonly sound: { readonly channels: number; readonly sampleRate: number } | null;
}

export interface CutPrompts {
  readonly source: string;
  readonly target: string;
  readonly negative: string;
}

/** How a picture was made. Formats of editing programs have no word for it: it stands in the clip's note. */
interface CutTake {
  readonly prompts: CutPrompts;
  /** The artist's own words about it. */
  readonly note: string;
  /** 0 is unrated. */
  readonly rating: number;
  readonly method: string;
  /** Name of the model. */
  readonly model: string;
  /** Milliseconds since 1970. */
  readonly made: number;
}

/** One of the pictures that a clip can show. */
export interface CutSource {
  readonly media: string;
  /** What the artist calls it: the clip's or the take's name. */
  readonly name: string;
  /** Seconds from the first frame of the media at which the clip begins. */
  readonly from: Exact;
  /** Of a take of this project. */
  readonly take?: CutTake;
}

export type MarkerColour = (typeof MARKER_COLOURS)[number];

export interface CutMarker {
  /** Frames of the cut from the beginning of what it is on. */
  readonly at: number;
  readonly name: string;
  readonly note: string;
  /** Null where a format says none. */
  readonly colour: MarkerColour | null;
}

export interface CutClip {
  readonly kind: 'clip';
  /** The shot's name. */
  readonly name: string;
  /** Frames of the cut that it takes. */
  readonly frames: number;
  /** At least one: the original first, then its takes. */
  readonly sources: readonly CutSource[];
  /** Of `sources`, the one that is seen and heard. */
  readonly shown: number;
  /** What an editor may want to read: prompts, model. Lines. */
  readonly note: string;
  /** Of a shot of this project, as they are now. */
  readonly prompts?: CutPrompts;
  readonly markers: readonly CutMarker[];
}

interface CutGap {
  readonly kind: 'gap';
  readonly frames: number;
}

export type CutItem = CutClip | CutGap;

export interface Cut {
  readonly name: string;
  /** At which its frames are counted. */
  readonly rate: Rational;
  /** Label of its first frame. */
  readonly start: Timecode;
  readonly width: number;
  readonly height: number;
  readonly media: Readonly<Record<string, CutMedia>>;
  /** In playing order, without overlap. */
  readonly items: readonly CutItem[];
  /** Of the cut as a whole. */
  readonly markers: readonly CutMarker[];
}

/** What could not be kept when a cut was read or written, a line each, for the artist. */
type Losses = readonly string[];

export interface ReadCut {
  readonly cut: Cut;
  readonly losses: Losses;
}

export interface WrittenCut {
  readonly text: string;
  readonly losses: Losses;
}

export function cutLength({ items }: Pick<Cut, 'items'>): number {
  return items.reduce((sum, { frames }) => sum + frames, 0);
}

/** Every item with the frame of the cut at which it begins. */
export function* placedItems({ items }: Pick<Cut, 'items'>): Generator<{ item: CutItem; at: number }> {
  let at = 0;
  for (const item of items) {
    yield { item, at };
    at += item.frames;
  }
}

export function shownSource(clip: CutClip): CutSource {
  return clip.sources[clip.shown]!;
}

/** How long media lasts. */
export function mediaLength({ frames, rate }: CutMedia): Exact {
  return framesLast(frames, rate);
}
