/** Everything one picture of the timeline is drawn from. */
import type { Rational } from '../../common/media.ts';
import type { ProjectDocument, Shot } from '../../common/project/document.ts';
import type { Placed } from '../../common/project/positions.ts';
import type { Timecode } from '../../common/time/timecode.ts';
import type { View } from '../store/view.ts';
import type { Colours } from './colours.ts';
import type { Lanes } from './lanes.ts';
import type { Peaks, Thumbnails } from './media.ts';

/** What may lie under the pointer. */
export type Hit =
  | { readonly kind: 'ruler' | 'overview' | 'empty' }
  | { readonly kind: 'marker'; readonly id: string }
  | { readonly kind: 'anchor'; readonly shotId: string; readonly frame: number }
  | { readonly kind: 'mask-key'; readonly shotId: string; readonly frame: number }
  | { readonly kind: 'edge'; readonly itemId: string; readonly edge: 'start' | 'end' }
  | { readonly kind: 'take'; readonly shotId: string; readonly takeId: string }
  | { readonly kind: 'item'; readonly itemId: string };

export interface Scene {
  readonly document: ProjectDocument;
  readonly placed: readonly Placed[];
  /** Frames. */
  readonly length: number;
  readonly rate: Rational;
  /** Label of frame 0. */
  readonly start: Timecode;
  readonly view: View;
  /** Selected items. */
  readonly chosen: ReadonlySet<string>;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly lanes: Lanes;
  readonly colours: Colours;
  /** Pictures and sound of a file; null while they are made or when there are none. */
  readonly thumbnails: (path: string) => Thumbnails | null;
  readonly peaks: (path: string) => Peaks | null;
  /** 0..1 of shots that render, by id; null for those that wait. */
  readonly renders: ReadonlyMap<string, number | null>;
  /** The shot in hand, whose mask is shown. */
  readonly masked: Placed<Shot> | null;
  /** Frames [from, to) of its clip in which its mask is not sure. */
  readonly unsure: readonly (readonly [from: number, to: number])[];
  /** Whether a shot's method follows all of its anchors; null where that is not known. */
  readonly followsSeveral: (shot: Shot) => boolean | null;
  readonly hover: Hit | null;
  readonly drag: DragMark | null;
}

/** What a drag in progress shows beside the document itself. */
export interface DragMark {
  /** Timeline frame at which a dragged edge or marker snapped; drawn as a line. */
  readonly snap: number | null;
  /** Timeline frame at which a dragged shot would be put in. */
  readonly insertAt: number | null;
  readonly item: string | null;
  /** Beside the pointer: "+12 frames". */
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Left edge of a timeline frame. */
export function xOf(view: Pick<View, 'scroll' | 'scale'>, frame: number): number {
  return (frame - view.scroll) * view.scale;
}

/** Middle of a timeline frame, where playhead and anchors stand. */
export function middleOf(view: Pick<View, 'scroll' | 'scale'>, frame: number): number {
  return (frame + 0.5 - view.scroll) * view.scale;
}

/** The frame whose picture lies under x. */
export function frameAt(view: Pick<View, 'scroll' | 'scale'>, x: number): number {
  return Math.floor(view.scroll + x / view.scale);
}
