/** What makers are told of the shot that they work for. */
import { basename } from 'node:path';
import type { ClipInfo, Fit } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { ArtefactNames } from '../artefacts/store.ts';
import type { ScheduleId } from '../diffusion/schedule.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import type { Conditioning, LatentShape, NoiseSchedule, Predict, RecordCall } from '../diffusion/types.ts';
import type { PromptReading } from '../models/prompt/reader.ts';
import type { Bundle } from '../models/types.ts';

export interface ShotOf {
  readonly settings: EditSettings;
  readonly clip: ClipInfo;
  readonly fit: Fit;
  readonly shape: LatentShape;
  readonly solver: Solver;
  readonly scheduleId: ScheduleId;
  readonly schedule: NoiseSchedule;
  readonly model: Pick<Bundle, 'name' | 'digests' | 'factor' | 'scheduler' | 'toldGuidance' | 'readPrompt'>;
  /** The execution provider in use. */
  readonly provider: string;
  /** Whether the VAE encodes in tiles: it rounds otherwise then. */
  readonly encodesInTiles: boolean;
  /** What makes things. @throws AssertionError for a plan, which makes nothing */
  networks(): Networks;
}

/** What is told to makers that need the pictures alone. */
export interface PicturesShot extends Pick<ShotOf, 'clip' | 'fit'> {
  readonly model: Pick<ShotOf['model'], 'name'>;
}

interface Networks {
  readonly bundle: Bundle;
  readonly predict: Predict;
  /** The network as what can be followed back. @throws AssertionError where the shot asked for nothing of the kind */
  record(): RecordCall;
  /** A prompt, once it has been made. */
  text(reading: PromptReading): Conditioning;
}

/** What encoding depends on, for keys. Those of what was encoded as a whole are as they always were. */
export function encoderOf({
  model,
  provider,
  encodesInTiles,
}: Pick<ShotOf, 'model' | 'provider' | 'encodesInTiles'>): Record<string, unknown> {
  return { vaeEncoder: model.digests.vaeEncoder, provider, ...(encodesInTiles && { vaeTiles: true }) };
}

/** A frame of the clip and its picture. */
export interface FrameOf {
  readonly index: number;
  /** digestOf its RGB8 pixels at canvas size. */
  readonly pixels: string;
  /** Those, read when something has to be made of them. */
  rgb(): Promise<Uint8Array>;
}

export function namesOf(
  { clip, model }: Pick<PicturesShot, 'clip' | 'model'>,
  name: string,
  more: { readonly prompt?: string; readonly settings: string },
): Omit<ArtefactNames, 'psnr'> {
  return { name, clip: basename(clip.path), bundle: model.name, prompt: '', ...more };
}

export function dimsOf({ channels, height, width }: LatentShape): number[] {
  return [channels, height, width];
}
