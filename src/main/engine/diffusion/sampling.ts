/** What the driver is asked, and what it tells. */
import type { CancelSignal } from '../../../common/errors.ts';
import type { Capacity } from './capacity.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Keep } from './edit-mask.ts';
import type { Run } from './run.ts';
import type { Share } from './share.ts';
import type { Solver } from './solvers/solver.ts';
import type { Conditioning, ControlInput, Latent, Predict, PredictionType, RecordCall } from './types.ts';

export interface SampleRequest {
  readonly runs: readonly Run[];
  readonly predict: Predict;
  /** Where a run differentiates. */
  readonly record?: RecordCall;
  readonly prediction: PredictionType;
  readonly solver: Solver;
  /** clip_sample of the scheduler's configuration, for solvers that obey it. */
  readonly clip?: boolean;
  /** (unconditional, conditional); with guidance 1 only the last is run. */
  readonly branches: readonly Conditioning[];
  readonly guidance: number;
  /** Steps outside of it are taken at guidance 1; all of them are guided by default. */
  readonly guidanceRange?: Share;
  /** The network is told the guidance and runs for one branch; off by default. */
  readonly toldGuidance?: boolean;
  /** Guidance starts from the first branch, then the source prompt's, only where the prompts disagree. */
  readonly keep?: Keep;
  /** Extra input channels of a frame, (k, h, w), never scaled. */
  readonly structure?: (frame: number) => Float32Array;
  /** What holds a frame of the shot in a step (0-based) of so many. */
  readonly control?: (frame: number, step: number, steps: number) => readonly ControlInput[];
  /** The whole network runs in every so many calls of a run, its outermost layers alone between; 1, all whole, by default. */
  readonly reuse?: number;
  /** Number of the shot's first frame in errors; 0 by default. */
  readonly firstFrame?: number;
  readonly seed: number;
  /** Frames of one network call; one by one, with no end of memory, by default. Another one changes at most the last bits. */
  readonly capacity?: Capacity;
  readonly signal?: CancelSignal;
  readonly resume?: Checkpoint;
  /** After each frame of each step; awaited. */
  readonly onVisit?: (event: VisitEvent) => void | Promise<void>;
}

export interface VisitEvent {
  readonly run: number;
  readonly step: number;
  /** Of the shot. */
  readonly frame: number;
  /** Whether it was the frame as another that only helps. */
  readonly aside: boolean;
  /** Visits done and to do in all runs, resumed ones counted. */
  readonly done: number;
  readonly total: number;
  /** ẑ0 of the network for this frame, before the method's own changes: a preview without noise. */
  readonly denoised: Latent;
  /** (h, w), 0..1: where this step let the edit in; null where nothing is kept. */
  readonly edit: Float32Array | null;
  /** The frame's latent after the step and the method's correction; null while the step still gathers. */
  readonly latent: Latent | null;
  /**
   * State after this visit: references, not copies, so it costs nothing until it is encoded. Null between frames that
   * went through the network together: a part of them would not give the same bits again; and while the depth of a call is kept
   * for the next ones, which no checkpoint holds: it begins with a whole call.
   */
  readonly checkpoint: (() => Checkpoint) | null;
}
