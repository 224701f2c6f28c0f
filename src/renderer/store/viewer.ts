/** How the viewer shows the picture: comparison, zoom, sound. Kept while the page lives; not part of the document. */
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';

export const COMPARISONS = ['off', 'wipe', 'split', 'difference', 'onion'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** What a layer shows of a shot: what the timeline shows, its clip, its newest take, or one take by id. */
export type Choice = 'timeline' | 'clip' | 'newest' | { readonly take: string };

export interface Camera {
  /** Screen pixels per picture pixel; null fits the picture into the pane. */
  readonly zoom: number | null;
  /** Screen pixels by which the picture's middle lies off the pane's middle. */
  readonly x: number;
  readonly y: number;
}

interface ViewerState {
  readonly comparison: Comparison;
  /** The mode that the compare key brings back. */
  readonly lastComparison: Exclude<Comparison, 'off'>;
  readonly a: Choice;
  readonly b: Choice;
  /** Three or four beside each other, A and B the first of them; empty where no more than two are compared. */
  readonly several: readonly Choice[];
  /** The other picture is held in sight: the clip, or A of a comparison. */
  readonly peek: boolean;
  /** Share of the picture's width where the wipe stands, 0..1. */
  readonly wipe: number;
  /** Opacity of B over A, 0..1. */
  readonly onion: number;
  /** Times brighter a difference is shown. */
  readonly gain: number;
  readonly camera: Camera;
  /** 0..1 */
  readonly volume: number;
  readonly muted: boolean;
  /** Timeline frame that the screen was seen to show; null while it is on its way. */
  readonly shown: number | null;
  /** The same of the second picture; null also where there is none. */
  readonly shownSecond: number | null;
  /** Counts the pictures that came into sight or went, for who measures them. */
  readonly pictures: number;
  readonly timecode: 'timeline' | 'source';
}

const start: ViewerState = {
  comparison: 'off',
  lastComparison: 'wipe',
  a: 'clip',
  b: 'timeline',
  several: [],
  peek: false,
  wipe: 0.5,
  onion: 0.5,
  gain: 4,
  camera: { zoom: null, x: 0, y: 0 },
  volume: 1,
  muted: false,
  shown: null,
  shownSecond: null,
  pictures: 0,
  timecode: 'timeline',
};

export const viewerStore = create<ViewerState>(() => start);

/** A part that is an object may be made anew each time: it is compared by its values. */
export function useViewer<Part>(select: (state: ViewerState) => Part): Part {
  return viewerStore(useShallow(select));
}

export function getViewer(): ViewerState {
  return viewerStore.getState();
}

export function setViewer(
  patch: Partial<Omit<ViewerState, 'comparison' | 'lastComparison' | 'several'>>,
): void {
  viewerStore.setState(patch);
}

export function setComparison(comparison: Comparison): void {
  const several: readonly Choice[] = [];
  viewerStore.setState(
    comparison === 'off' ? { comparison, several } : { comparison, lastComparison: comparison, several },
  );
}

/** Lets two takes, or a take and the clip, stand against each other. */
export function compare(a: Choice, b: Choice): void {
  viewerStore.setState(({ lastComparison, comparison }) => ({
    a,
    b,
    several: [],
    comparison: comparison === 'off' ? lastComparison : comparison,
  }));
}

/** Three takes stand beside each other with the clip as the fourth picture, or four. */
export function compareSeveral(takes: readonly string[]): void {
  const choices: Choice[] = takes.map((take) => ({ take }));
  const several = takes.length < 4 ? [...choices, 'clip' as const] : choices;
  viewerStore.setState({ several, a: several[0]!, b: several[1]!, comparison: 'split' });
}
