/** What the artist draws masks with, and which part of the mask is in hand. Not part of the document and not undone. */
import { create } from 'zustand';
import type { Point } from '../../common/masks/mask.ts';

export const TOOLS = ['select', 'rectangle', 'ellipse', 'polygon', 'brush', 'eraser'] as const;
export type Tool = (typeof TOOLS)[number];

/** What lies over the picture: where it is edited, what Keep keeps, or nothing. */
export type Overlay = 'mask' | 'keep' | 'off';

interface Masking {
  /** Null while no mask is drawn: the picture is panned, keys are the window's. */
  readonly tool: Tool | null;
  /** The part in hand, by id. */
  readonly part: string | null;
  /** The corner in hand of a polygon in hand. */
  readonly corner: number | null;
  /** What a new part does. */
  readonly mode: 'add' | 'subtract';
  /** Of the brush, in pixels of the clip; null is a share of its picture. */
  readonly radius: number | null;
  /** A polygon that is not closed yet. */
  readonly corners: { readonly shotId: string; readonly points: readonly Point[] } | null;
  readonly overlay: Overlay;
  /** A drag is under way. */
  readonly dragging: boolean;
  /** Part that is to have the keys as soon as it is in the page. */
  readonly focus: string | null;
}

const start: Masking = {
  tool: null,
  part: null,
  corner: null,
  mode: 'add',
  radius: null,
  corners: null,
  overlay: 'mask',
  dragging: false,
  focus: null,
};

const maskingStore = create<Masking>(() => start);

export function useMasking<Part>(select: (state: Masking) => Part): Part {
  return maskingStore(select);
}

export function getMasking(): Masking {
  return maskingStore.getState();
}

export function setMasking(patch: Partial<Masking>): void {
  maskingStore.setState(patch);
}

/** Takes a part in hand; null lets go. */
export function takePart(part: string | null, corner: number | null = null): void {
  setMasking({ part, corner });
}
