/** What the artist looks at: playhead, selection, zoom. Not part of the document and not undone. */
import { create } from 'zustand';
import { timelineLength } from '../../common/project/positions.ts';
import { getDocument } from './project.ts';

export type Side = 'inspector' | 'queue' | 'scopes';
export type Left = 'takes' | 'clips' | 'markers';
/** What a drag on the timeline does. */
export type EditTool = 'select' | 'slip' | 'roll';
export type Dialog =
  | 'variations'
  | 'contact'
  | 'preset'
  | 'trial'
  | 'keys'
  | 'library'
  | 'plugins'
  | 'plugin'
  | 'about'
  | 'shots'
  | 'missing'
  | 'backups'
  | 'copy'
  | 'quality'
  | 'timeline'
  | 'export'
  | 'farm'
  | 'rate'
  | 'start';

export interface View {
  /** Timeline frame under the playhead; 0 … length - 1. */
  readonly playhead: number;
  /** Times normal speed: 0 stands still, negative plays backwards. The viewer moves the playhead. */
  readonly shuttle: number;
  /** Timeline items by id; the last is the one in hand. */
  readonly selection: readonly string[];
  /** The anchor in hand, by clip frame. */
  readonly anchor: { readonly shotId: string; readonly frame: number } | null;
  /** The key frame of a mask in hand, by clip frame. */
  readonly maskKey: { readonly shotId: string; readonly frame: number } | null;
  /** The marker in hand, by id. */
  readonly marker: string | null;
  /** It is open to be named and noted. */
  readonly markerOpen: boolean;
  /** The clip in hand in the bin, by id. */
  readonly clip: string | null;
  /** Timeline frames [inFrame, outFrame); null is not set. */
  readonly inFrame: number | null;
  readonly outFrame: number | null;
  /** Pixels per frame. */
  readonly scale: number;
  /** Timeline frame at the left edge; may lie between frames. */
  readonly scroll: number;
  readonly snapping: boolean;
  readonly tool: EditTool;
  /** Playing begins anew at the end of In to Out, else of the chosen shots, else of all. */
  readonly loop: boolean;
  /** The viewer has the whole screen. */
  readonly full: boolean;
  /** A timecode to go to is being typed. */
  readonly goingTo: boolean;
  /** CSS pixels of the drawn lanes; 0 until they are shown, then the whole timeline is fitted in. */
  readonly timelineWidth: number;
  readonly left: Left;
  readonly side: Side;
  /** The plugin's panel along the bottom that is open, by its full id. */
  readonly bottom: string | null;
  readonly dialog: Dialog | null;
}

/** Of a project that was just opened. */
const START = {
  playhead: 0,
  shuttle: 0,
  selection: [],
  anchor: null,
  maskKey: null,
  marker: null,
  markerOpen: false,
  clip: null,
  full: false,
  goingTo: false,
  inFrame: null,
  outFrame: null,
  scroll: 0,
  dialog: null,
} satisfies Partial<View>;

export const viewStore = create<View>(() => ({
  ...START,
  scale: 4,
  snapping: true,
  tool: 'select',
  loop: false,
  timelineWidth: 0,
  left: 'takes',
  side: 'inspector',
  bottom: null,
  dialog: null,
}));

export function useView<Part>(select: (view: View) => Part): Part {
  return viewStore(select);
}

export function getView(): View {
  return viewStore.getState();
}

export function setView(patch: Partial<View>): void {
  viewStore.setState(patch);
}

/** Moves the playhead to a timeline frame, kept within the timeline. */
export function seek(frame: number): void {
  const last = Math.max(0, timelineLength(getDocument()) - 1);
  const playhead = Math.max(0, Math.min(last, Math.round(frame)));
  if (playhead !== getView().playhead) setView({ playhead });
}

/** Takes items in hand; an anchor or a key frame of a mask in hand is let go unless one is given. */
export function select(
  ids: readonly string[],
  anchor: View['anchor'] = null,
  maskKey: View['maskKey'] = null,
): void {
  setView({ selection: ids, anchor, maskKey, marker: null, markerOpen: false });
}

/** Takes a marker in hand, in place of an anchor; null lets go. */
export function takeMarker(marker: string | null, markerOpen = false): void {
  setView({ marker, markerOpen, ...(marker !== null && { anchor: null, maskKey: null }) });
}

/** Back to the start for another project. */
export function resetView(): void {
  setView(START);
}
