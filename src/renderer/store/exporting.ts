/** The export sheet: what the artist chose, what it would take, and the export that runs, which goes on while the sheet is closed. */
import { create } from 'zustand';
import type { Calls } from '../../common/contract/contract.ts';
import type { DeliveryProgress } from '../../common/contract/delivery.ts';
import type { ExportChoice } from '../../common/delivery/choice.ts';

type Forecast = Calls['delivery.foresee']['output'];
type Delivered = Calls['delivery.run']['output'];

/** Where in the sheet a refusal belongs. */
export type ExportField = 'what' | 'media' | 'folder' | 'names' | 'start' | 'timelines' | 'all';

export interface Refusal {
  readonly field: ExportField;
  readonly line: string;
}

export type Foreseen =
  | { readonly state: 'looking' }
  | { readonly state: 'refused'; readonly refusal: Refusal }
  | { readonly state: 'known'; readonly forecast: Forecast };

export interface ExportRun {
  /** Id of the project that it is of. */
  readonly project: string;
  /** As its progress names it. */
  readonly folder: string;
  /** A take handed back in place: nothing of it can be chosen otherwise in the sheet. */
  readonly inPlace: boolean;
  /** Does it, or goes on with it. */
  readonly work: (signal: AbortSignal) => Promise<Delivered>;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** The first share that was told, and when: what an earlier run had finished took no time of this one. */
  readonly first: { readonly fraction: number; readonly at: number } | null;
  readonly progress: DeliveryProgress | null;
  readonly abort: AbortController;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Why it failed, in one line. */
  readonly problem: string | null;
  readonly result: Delivered | null;
}

interface Exporting {
  /** Null until the sheet was opened. */
  readonly choice: ExportChoice | null;
  readonly folder: string;
  /** Null for the project's. */
  readonly startTimecode: string | null;
  /** Null while nothing was asked. */
  readonly foreseen: Foreseen | null;
  readonly run: ExportRun | null;
  /** The take that is about to be handed back in place. */
  readonly replacing: string | null;
}

const exportingStore = create<Exporting>(() => ({
  choice: null,
  folder: '',
  startTimecode: null,
  foreseen: null,
  run: null,
  replacing: null,
}));

export function useExporting<Part>(select: (exporting: Exporting) => Part): Part {
  return exportingStore(select);
}

export function getExporting(): Exporting {
  return exportingStore.getState();
}

export function patchExporting(patch: Partial<Exporting>): void {
  exportingStore.setState(patch);
}

/** Of the run that is under way; what an earlier one still says is passed over. */
export function patchRun(abort: AbortController, patch: Partial<ExportRun>): void {
  exportingStore.setState(({ run }) => (run?.abort === abort ? { run: { ...run, ...patch } } : {}));
}

export function onDelivery(progress: DeliveryProgress): void {
  exportingStore.setState(({ run }) => {
    if (run?.state !== 'running' || run.folder !== progress.folder) return {};
    const first = run.first ?? { fraction: progress.fraction, at: Date.now() };
    return { run: { ...run, progress, first } };
  });
}

/** Share from which on the pace can be told. */
const LEAST_SHARE = 0.01;
const LEAST_MS = 1500;

/** Seconds that are left, by the pace so far; null before that can be told. */
export function secondsLeft(
  { first, progress }: Pick<ExportRun, 'first' | 'progress'>,
  now: number,
): number | null {
  if (!first || !progress) return null;
  const [share, time] = [progress.fraction - first.fraction, now - first.at];
  if (share < LEAST_SHARE || time < LEAST_MS) return null;
  return ((1 - progress.fraction) * time) / share / 1000;
}
