/** What a job brings along to the pipeline. */
import type { LatentCache } from './cache/latents.ts';
import type { ProgressMeter } from './progress.ts';
import type { CheckpointFile } from './queue/checkpoint.ts';

export interface RenderContext {
  readonly job: string;
  /** Null where the disk has no room for one. */
  readonly cache: LatentCache | null;
  readonly checkpoint: CheckpointFile;
  readonly signal: AbortSignal;
  readonly progress: ProgressMeter;
  /** Told to the artist at once and kept for the report. */
  readonly warn: (message: string) => void;
  readonly warnings: readonly string[];
}
