/** The timeline of another program that is being opened: what is known of it, and what the artist said. */
import { create } from 'zustand';
import type { SeenTimeline } from '../../common/contract/timelines.ts';
import type { Rational } from '../../common/media.ts';

export interface Opening {
  /** The file of the other program. */
  readonly path: string;
  /** Where the project shall lie. */
  readonly project: string;
  /** Searched for what is not where the timeline says; empty for nowhere. */
  readonly footage: string;
  /** Frames a second, for a timeline that leaves it open; null until the artist or a clip says. */
  readonly rate: Rational | null;
  /** Null until it was looked at. */
  readonly seen: SeenTimeline | null;
  /** Why it cannot be looked at or opened; null where nothing is wrong. */
  readonly problem: string | null;
  readonly state: 'looking' | 'asking' | 'opening' | 'opened';
  /** Of what was opened. */
  readonly losses: readonly string[];
}

export const openingStore = create<{ readonly opening: Opening | null }>(() => ({ opening: null }));

export function useOpening(): Opening | null {
  return openingStore((state) => state.opening);
}

export function beginOpening(path: string, project: string): void {
  openingStore.setState({
    opening: {
      ...{ path, project, footage: '', rate: null, seen: null, problem: null, state: 'looking', losses: [] },
    },
  });
}

export function patchOpening(patch: Partial<Opening>): void {
  openingStore.setState(({ opening }) => ({ opening: opening && { ...opening, ...patch } }));
}
