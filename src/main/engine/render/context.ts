/** What a job brings along to the pipeline. */
import type { Fit } from '../../../common/media.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Probe } from '../media/remembering-probe.ts';
import type { ProgressMeter } from '../progress.ts';
import type { CheckpointFile } from './checkpoint-file.ts';

/** A frame on its way: what the network takes for its clean picture at this step. */
export interface Glimpse {
  /** Frame of the clip. */
  readonly frame: number;
  readonly step: number;
  readonly fit: Fit;
  /** (h, w) at latent size, 0..1: where the edit is let in at this step; null where nothing is kept. */
  readonly edit: Float32Array | null;
  /** Decodes it: RGB float32 0..1 of the canvas. Costs a run of the VAE. */
  picture(): Promise<Float32Array>;
}

export interface RenderContext {
  readonly job: string;
  readonly probe: Probe;
  /** Null where the disk has no room for one. */
  readonly cache: ArtefactStore | null;
  readonly checkpoint: CheckpointFile;
  readonly signal: AbortSignal;
  readonly progress: ProgressMeter;
  /** Told to the artist at once and kept for the report. */
  readonly warn: (message: string) => void;
  readonly warnings: readonly string[];
  /** Timed for a plan, which is asked anew where a plugin changes meanwhile: none is held for it. */
  readonly forPlan?: true;
  /** Bytes that network calls may take; what the machine has free, unless said. */
  readonly freeMemory?: number;
  /** Whether the artist takes what was learnt so far; asked after each step of learning. */
  readonly isEnough?: () => boolean;
  /** Looks in on sampling after each network call; awaited. */
  readonly onGlimpse?: (glimpse: Glimpse) => Promise<void>;
}
