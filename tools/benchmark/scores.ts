/** The numbers of one take against the true answer. */
import type { ImageTextScores } from '../../src/common/report.ts';
import type { ImageText } from '../../src/main/engine/metrics/image-text.ts';
import { pooledPsnr } from '../../src/main/engine/metrics/psnr.ts';
import { imageTextScores } from '../../src/main/engine/metrics/similarity.ts';
import { squaredError } from '../../src/main/engine/metrics/squared-error.ts';
import { ssim } from '../../src/main/engine/metrics/ssim.ts';
import { warpError } from '../../src/main/engine/metrics/warp-error.ts';
import { ATTRIBUTES, type Edit, type Footage } from './heldout.ts';
import type { Judge, Verdict } from './judge.ts';

/** Raise it when a number is computed differently: kept scores are then taken again. */
export const SCORES_VERSION = 3;

interface Regions {
  readonly whole: number;
  /** Null where the region is empty. */
  readonly object: number | null;
  readonly background: number | null;
}

export interface Scores {
  /** dB to the true answer, squared errors pooled over the shot. */
  readonly psnr: Regions;
  /** To the true answer, mean over frames. */
  readonly ssim: Regions;
  /** Squared 8-bit steps along the true flow, mean over the pairs of frames. */
  readonly pixelMse: number | null;
  /** The same of each pair of frames. */
  readonly pixelMseOfPairs: readonly (number | null)[];
  /** SSIM of consecutive frames as they stand, mean over the pairs. */
  readonly consecutiveSsim: number;
  /** Of the judge, as shares of frames 0..1; null without one. */
  readonly judged: {
    /** The edited attribute is recognised as asked. */
    readonly edited: number;
    /** Each of the other three is recognised as it was. */
    readonly kept: number;
  } | null;
  /** By the edit's prompt and the shot's; null without an image-text model. */
  readonly imageText: ImageTextScores | null;
}

/** A change of more than so many 8-bit steps makes a pixel part of a shape edit's object. */
const CHANGED = 8;

export interface Scored {
  readonly take: readonly Uint8Array[];
  readonly truth: readonly Uint8Array[];
  readonly footage: Footage;
  readonly edit: Edit;
  /** Of the shot. */
  readonly sourcePrompt: string;
  readonly side: number;
}

/** What looks at pictures; null where there is none. */
export interface Viewers {
  readonly judge: Judge | null;
  readonly imageText: ImageText | null;
}

export async function score(scored: Scored, { judge, imageText }: Viewers): Promise<Scores> {
  const { take, truth, footage, side } = scored;
  const objects = take.map((_, i) => objectOf(scored, i));
  const regions = [null, (frame: number) => objects[frame]!, outside(objects)] as const;
  const [whole, object, background] = regions.map((region) =>
    pooledPsnr(take.map((picture, i) => squaredError(picture, truth[i]!, region?.(i) ?? null))),
  );
  const [wholeSsim, objectSsim, backgroundSsim] = regions.map((region) =>
    mean(take.map((picture, i) => ssim(picture, truth[i]!, side, side, region?.(i) ?? null))),
  );
  const pairs = take.slice(1).map((next, i) => [take[i]!, next] as const);
  const along = pairs.map(([frame, next], i) => warpError(frame, next, side, side, footage.motions[i]!).mse);
  return {
    psnr: { whole: whole!, object: object!, background: background! },
    ssim: { whole: wholeSsim!, object: objectSsim!, background: backgroundSsim! },
    pixelMse: mean(along),
    pixelMseOfPairs: along,
    consecutiveSsim: mean(pairs.map(([frame, next]) => ssim(frame, next, side, side)))!,
    judged: judge && (await judged(scored, judge)),
    imageText: imageText && (await compared(scored, imageText)),
  };
}

/** The object; where its shape changes, every pixel the edit changes, for the new outline is nowhere else to be had. */
function objectOf({ truth, footage, edit }: Scored, frame: number): (pixel: number) => boolean {
  const mask = footage.masks[frame]!;
  if (edit.kind !== 'shape') return (pixel) => mask[pixel] !== 0;
  const [before, after] = [footage.source[frame]!, truth[frame]!];
  return (pixel) =>
    mask[pixel] !== 0 ||
    [0, 1, 2].some((c) => Math.abs(before[3 * pixel + c]! - after[3 * pixel + c]!) > CHANGED);
}

function outside(objects: readonly ((pixel: number) => boolean)[]) {
  return (frame: number) => (pixel: number) => !objects[frame]!(pixel);
}

async function judged({ take, edit, side }: Scored, judge: Judge): Promise<NonNullable<Scores['judged']>> {
  const verdicts: Verdict[] = [];
  for (const picture of take) verdicts.push(await judge.judge(picture, side));
  const share = (names: readonly (typeof ATTRIBUTES)[number][]) =>
    mean(verdicts.flatMap(({ look }) => names.map((name) => (look[name] === edit.look[name] ? 1 : 0))))!;
  const others = ATTRIBUTES.filter((name) => name !== edit.kind);
  return {
    edited: edit.kind === 'same' ? share(ATTRIBUTES) : share([edit.kind]),
    kept: share(others),
  };
}

async function compared(
  { take, edit, sourcePrompt, side }: Scored,
  model: ImageText,
): Promise<ImageTextScores> {
  const frames = await model.embedImages(take, side, side);
  const embed = async (prompt: string) => (await model.embedText(prompt)).embedding;
  const source = edit.prompt === sourcePrompt ? null : await embed(sourcePrompt);
  return imageTextScores(frames, await embed(edit.prompt), source);
}

/** Of those there are; null where there are none. */
export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
