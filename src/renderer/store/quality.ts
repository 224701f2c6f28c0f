/** How good takes are: what was measured, and what of a take is under way. Kept while the page lives; the engine keeps it longer. */
import { create } from 'zustand';
import type { DesktopEvent } from '../../common/contract/events.ts';
import type { ReviewWork } from '../../common/contract/takes.ts';
import type { TakeScores } from '../../common/take-scores.ts';
import { keepText, keptText } from '../storage.ts';

export interface Work {
  readonly what: ReviewWork;
  readonly fraction: number;
  readonly abort: AbortController;
}

interface Quality {
  /** Id of the take that is asked about. */
  readonly take: string | null;
  /** By path of the take; null where it was not measured yet, absent where nobody asked. */
  readonly scores: Readonly<Record<string, TakeScores | null>>;
  /** By path of the take. */
  readonly works: Readonly<Record<string, Work>>;
  /** Folder of the image-text model that takes are measured by; null for none. */
  readonly imageText: string | null;
}

const STORED = 'retake.image-text';

export const qualityStore = create<Quality>(() => ({
  take: null,
  scores: {},
  works: {},
  imageText: keptText(STORED),
}));

export function useQuality<Part>(select: (quality: Quality) => Part): Part {
  return qualityStore(select);
}

export function askAbout(take: string): void {
  qualityStore.setState({ take });
}

export function setScores(path: string, scores: TakeScores | null): void {
  qualityStore.setState((all) => ({ scores: { ...all.scores, [path]: scores } }));
}

/** What was measured by another model, or by none, is asked for anew. */
export function setImageText(folder: string | null): void {
  keepText(STORED, folder);
  qualityStore.setState({ imageText: folder, scores: {} });
}

export function setWork(path: string, work: Work | null): void {
  qualityStore.setState(({ works }) => {
    const { [path]: _, ...others } = works;
    return { works: work ? { ...others, [path]: work } : others };
  });
}

export function onReview({ take, work, fraction }: Extract<DesktopEvent, { kind: 'review' }>): void {
  const running = qualityStore.getState().works[take];
  if (running?.what === work) setWork(take, { ...running, fraction });
}
