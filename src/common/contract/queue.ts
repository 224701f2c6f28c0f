/** The render queue of the desktop, and what a render would cost. */
import { z } from 'zod';
import type { LearningCurve } from '../learning-curve.ts';
import type { ModelTrial } from '../model-trial.ts';
import { clipRef, shot } from '../project/document.ts';
import type { DerivedCounts } from '../report.ts';
import { model } from '../settings/model.ts';
import type { EditSettings } from '../settings/settings.ts';
import { call } from './call.ts';
import type { PictureOfFrame } from './clips.ts';
import type { JobState } from './jobs.ts';
import { absolutePath, jobId, nothing, projectId } from './values.ts';

/** What a render would do, told before the artist presses the button. */
export interface RenderPlan {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly cachedFrames: number;
  readonly framesToInvert: number;
  readonly inversionCalls: number;
  /** How well the cached inversions lead back to the clip, dB of the worst that was checked; null where none was. */
  readonly reconstruction: number | null;
  readonly samplingCalls: number;
  /** Guidance branches of those calls: two a call, one where guidance is 1 or rests. */
  readonly samplingBranches: number;
  /** Of those, the ones that run the network's outermost layers alone. */
  readonly shallowCalls: number;
  /** Of those, the ones that are followed backwards, which take about four times as long. */
  readonly recordedCalls: number;
  /** Frames that go through ControlNets meanwhile. */
  readonly controlCalls: number;
  /** What will be found and made before the runs; its report says the same afterwards. */
  readonly derived: DerivedCounts;
  /** What must be known before, one line each: what of a LoRA does not fit the model, where guidance acts nowhere. */
  readonly notes: readonly string[];
  /** Bytes of main memory that the engine will take at most; null where nobody knows: on graphics cards. */
  readonly memoryBytes: number | null;
  /**
   * Of earlier renders at this size with this model, or of some calls of it. coming: they are timed just now, and the event
   * `speeds` tells when; on-asking: by `render.measure`, for a large model is not loaded unasked; later: something renders.
   */
  readonly speed: 'known' | 'coming' | 'on-asking' | 'later';
  /** From that speed, or from that of another size as long as it is not known; null where there is neither. */
  readonly estimatedSeconds: number | null;
  /** Of another render that finds all that this one derives: another seed, prompt or guidance. */
  readonly againSeconds: number | null;
  /** Whether another seed gives another take. */
  readonly seeded: boolean;
}

export interface QueueEntry {
  readonly id: string;
  readonly shotId: string;
  readonly label: string;
  /** The project that the take belongs to; null for a render from before projects had an id. */
  readonly project: { readonly id: string; readonly name: string } | null;
  /** Smaller is earlier. */
  readonly position: number;
  readonly state: JobState;
  readonly settings: EditSettings;
  readonly fraction: number;
  readonly etaSeconds: number | null;
  readonly phase: string | null;
  /** While its clip is learnt; null otherwise. */
  readonly learning: LearningCurve | null;
  readonly error: string | null;
  readonly hint: string | null;
  /** A render of one frame to look at, which makes no take. */
  readonly preview: boolean;
  /** False while a take that is done waits for its project's file. */
  readonly filed: boolean;
}

const provider = model.provider.schema;
/** null is the default one. */
const bundle = absolutePath.nullable();
const one = z.strictObject({ id: jobId });
const frame = z.int().min(0);
const wanted = z.strictObject({
  shot,
  clip: clipRef,
  /** Frames of the clip within the shot, half-open, of a take that covers a part; the whole shot unless said. */
  part: z.strictObject({ start: frame, end: frame }).optional(),
  /** Frame of the clip to look at; that of the lead anchor unless said. */
  look: frame.optional(),
});

const planned = z.strictObject({ shot, clip: clipRef, bundle, provider });

/** Shots to be rendered, of the open project. */
export const queueAddition = z.strictObject({
  project: projectId,
  shots: z.array(wanted).min(1),
  bundle,
  provider,
  takesFolder: absolutePath,
  preview: z.boolean(),
});

export const queueCalls = {
  /** Settings of a shot as a request to render; throws usage for what is not ready, an empty prompt for instance. */
  'render.plan': call(planned, 'planning a render').answers<RenderPlan>(),
  /** The same, when some calls of its model were timed. Given up, it stops between two of them. */
  'render.measure': call(planned, 'measuring the speed').answers<RenderPlan>(),
  /**
   * Renders three frames of the shot with a model, measured and kept for the library; progress comes as events. A take that renders makes
   * way. Throws usage where it cannot fit into memory, before anything is opened.
   */
  'model.try': call(planned, 'trying a model').answers<{
    trial: ModelTrial;
    pictures: readonly {
      readonly frame: number;
      readonly clip: PictureOfFrame;
      readonly made: PictureOfFrame;
    }[];
  }>(),
  /** All of them or none, for the open project; a refusal names the shot. */
  'queue.add': call(queueAddition, 'adding to the queue').answers<{ ids: readonly string[] }>(),
  'queue.list': call(nothing, 'listing the queue').answers<{
    entries: readonly QueueEntry[];
    paused: boolean;
  }>(),
  'queue.pause': call(z.strictObject({ paused: z.boolean() }), 'pausing the queue').answers<null>(),
  'queue.move': call(one.extend({ before: jobId.nullable() }), 'ordering the queue').answers<null>(),
  'queue.cancel': call(one, 'cancelling a render').answers<null>(),
  'queue.retry': call(one, 'rendering again').answers<null>(),
  'queue.clear': call(nothing, 'clearing the queue').answers<null>(),
  /** Which frame of a running job the artist looks at; its progressive preview is sent. */
  'queue.watch': call(one.extend({ frame }).nullable(), 'watching a render').answers<null>(),
};
