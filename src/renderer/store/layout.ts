/** How large the panels are, kept on this machine. */
import { z } from 'zod';
import { create } from 'zustand';
import { keep, kept } from '../storage.ts';

/** Design pixels (13 to a rem). */
interface Range {
  readonly least: number;
  readonly most: number;
}

export const PANELS = {
  left: { least: 200, most: 640 },
  side: { least: 260, most: 760 },
  timeline: { least: 170, most: 900 },
} as const satisfies Record<string, Range>;
export type Panel = keyof typeof PANELS;

const STORED = 'retake.layout';
const stored = z.partialRecord(z.enum(['left', 'side', 'timeline']), z.number());

/** What the artist has set; the others are as large as suits the window. */
type Layout = Partial<Readonly<Record<Panel, number>>>;

const layoutStore = create<{ readonly sizes: Layout }>(() => ({ sizes: kept(STORED, stored, {}) }));

function take(sizes: Layout): void {
  keep(STORED, sizes);
  layoutStore.setState({ sizes });
}

/** Null until the artist chose. */
export function useSize(panel: Panel): number | null {
  return layoutStore(({ sizes }) => sizes[panel] ?? null);
}

export function resize(panel: Panel, size: number): void {
  const { least, most } = PANELS[panel];
  take({ ...layoutStore.getState().sizes, [panel]: Math.max(least, Math.min(most, Math.round(size))) });
}

/** As delivered. */
export function resetSize(panel: Panel): void {
  const { [panel]: _, ...others } = layoutStore.getState().sizes;
  take(others);
}
