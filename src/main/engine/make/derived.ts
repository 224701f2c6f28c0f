/** What a render needs before its runs: a name, and a way to make it. */
import type { Kind } from '../artefacts/kinds.ts';
import type { ArtefactNames } from '../artefacts/store.ts';
import type { Calls, Work } from './tally.ts';

export interface Derived<T> {
  readonly kind: Kind<T>;
  /** Digest of everything that changes it; null while something it depends on has yet to be made. */
  readonly key: string | null;
  readonly names: Omit<ArtefactNames, 'psnr'>;
  /** Of the clip, where it is a frame's. */
  readonly frame?: number;
  /** Network calls that making it costs, without those of its needs. */
  readonly calls: Calls;
  readonly needs: readonly Derived<unknown>[];
  /** @throws Cancelled between two network calls; AppError not-finite naming what broke down */
  make(making: MakingOf<T>): Promise<Made<T>>;
}

export interface MakingOf<T> extends Making {
  /** What of it was made before it was given up or killed, for what takes long; let go once the whole is kept. Absent where nothing is kept. */
  readonly half?: Half<T>;
}

export interface Half<T> {
  read(): T | null;
  keep(value: T): void;
}

export interface Making {
  /** One of the needs. */
  have<T>(need: Derived<T>): Promise<T>;
  readonly signal: AbortSignal;
  /** To be told each network call. */
  onCall(work: Work): void;
  /** To be told each step of learning. @returns whether what was learnt so far is enough */
  onLoss?(step: LearntStep): boolean;
}

export interface LearntStep {
  /** Mean squared error before each step that was taken, those of a learning that is gone on with among them. */
  readonly losses: readonly number[];
  /** That are taken at most. */
  readonly steps: number;
}

interface Made<T> {
  readonly value: T;
  /** Reconstruction quality in dB, where it was measured. */
  readonly psnr?: number;
}

/** A number that belongs to something made, and can be measured later too. */
export interface Check<T> {
  readonly of: Derived<T>;
  readonly calls: Calls;
  readonly needs: readonly Derived<unknown>[];
  /** Reconstruction quality in dB. */
  measure(value: T, making: Making): Promise<number>;
}
