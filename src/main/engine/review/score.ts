/**
 * The numbers of a take. Take and clip are read once, side by side, at the size at which the model saw them; two frames of each
 * are held, however long the shot is.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { throwIfCancelled } from '../../../common/errors.ts';
import { FORMATS } from '../../../common/formats/registry.ts';
import type { ClipInfo } from '../../../common/media.ts';
import type { OverFrames, TakeScores } from '../../../common/take-scores.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { decodeSized } from '../media/decode.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import type { ImageText } from '../metrics/image-text.ts';
import { pooledPsnr } from '../metrics/psnr.ts';
import { type ImageTextTally, promptTally } from '../metrics/similarity.ts';
import { squaredError } from '../metrics/squared-error.ts';
import { holdsWindow, ssim } from '../metrics/ssim.ts';
import { Stretches } from '../metrics/stretches.ts';
import type { VideoFeatures } from '../metrics/video-features.ts';
import { warpError } from '../metrics/warp-error.ts';
import { FLOW, motionBetween } from './motion.ts';
import { partOf, type Take } from './take.ts';

/** Codecs of takes that show what was written; encoder and decoder have one name. */
const LOSSLESS: ReadonlySet<string> = new Set(
  Object.values(FORMATS).flatMap(({ lossless, encoder }) => (lossless ? [encoder] : [])),
);

export interface ScoreParts {
  readonly take: Take;
  /** Or one line that says why it cannot be read. */
  readonly clip: ClipInfo | string;
  readonly imageText: ImageText | null;
  readonly features: VideoFeatures | null;
  /** Clips that the take is compared with by features, instead of its own. */
  readonly references: readonly ClipInfo[];
  /** Where motion may be kept; null for nowhere. */
  readonly store: ArtefactStore | null;
  readonly signal?: AbortSignal | undefined;
  /** 0..1. */
  readonly onFraction?: ((fraction: number) => void) | undefined;
}

/** @throws AppError clip-unreadable where a file no longer gives a frame it had, model-failed; Cancelled */
export async function scoreTake(parts: ScoreParts): Promise<TakeScores> {
  const { take, signal, imageText, features, references } = parts;
  const { report, fit } = take;
  const { start } = report.range;
  const clip = typeof parts.clip === 'string' ? null : parts.clip;
  const [width, height] = [fit.contentWidth, fit.contentHeight];
  const notes: string[] = [];
  if (typeof parts.clip === 'string') notes.push(`${parts.clip}: what compares with it is left out`);
  const frames = report.take.frames;
  const steps = frames + references.reduce((sum, one) => sum + one.frames, 0);
  let done = 0;
  const advance = async () => {
    parts.onFraction?.(++done / steps);
    // Measuring is synchronous: others have their turn between two frames.
    await breathe();
    throwIfCancelled(signal);
  };

  const errors = new Spread('lowest');
  const likeness = new Spread('lowest');
  let [squares, values] = [0, 0];
  const along = { take: new Spread('highest'), clip: new Spread('highest'), seen: 0, places: 0 };
  const consecutive = { take: new Spread('lowest'), clip: new Spread('lowest') };
  const windowed = holdsWindow(width, height);
  const text = imageText && (await textTally(imageText, report.settings.prompts, notes));
  const own = features && new Stretches(features);
  const other = features && new Stretches(features);

  const shown = decodeSized(take.picture, {
    range: { start: 0, end: frames },
    width,
    height,
    part: partOf(take),
    exact: true,
    signal,
  });
  const source = clip && decodeSized(clip, { range: report.range, width, height, signal });
  try {
    let before: { take: Uint8Array; clip: Uint8Array | null } | null = null;
    for await (const { index, rgb } of shown) {
      const frame = start + index;
      const of = source ? (await source.next()).value!.rgb : null;
      // Estimated beside this thread, while the rest is measured here.
      const motion =
        of && before?.clip ? motionBetween(before.clip, of, { fit, store: parts.store, signal }) : null;
      motion?.catch(() => {});
      if (of) {
        const error = squaredError(rgb, of);
        squares += error.sum;
        values += error.count;
        errors.see(frame, pooledPsnr([error])!);
        if (windowed) likeness.see(frame, ssim(rgb, of, width, height)!);
      }
      if (before && windowed) {
        consecutive.take.see(frame, ssim(before.take, rgb, width, height)!);
        if (of && before.clip) consecutive.clip.see(frame, ssim(before.clip, of, width, height)!);
      }
      if (motion && of && before?.clip) {
        const moves = await motion;
        const moved = warpError(before.take, rgb, width, height, moves);
        const itself = warpError(before.clip, of, width, height, moves);
        if (moved.mse !== null) along.take.see(frame, moved.mse);
        if (itself.mse !== null) along.clip.see(frame, itself.mse);
        along.seen += moved.pixels;
        along.places += width * height;
      }
      if (text) text.see((await imageText.embedImages([rgb], width, height))[0]!);
      await own?.see(rgb, width, height);
      if (of && references.length === 0) await other?.see(of, width, height);
      before = { take: rgb, clip: of };
      await advance();
    }
  } finally {
    await shown.return(undefined);
    await source?.return(undefined);
  }
  for (const reference of other ? references : []) {
    const size = sizeLike(reference, width * height);
    const range = { start: 0, end: reference.frames };
    for await (const { rgb } of decodeSized(reference, { range, ...size, signal })) {
      await other!.see(rgb, size.width, size.height);
      await advance();
    }
    other!.cut();
  }

  if (!windowed) notes.push(`SSIM is left out: ${width}×${height} pixels are less than its window of 11×11`);
  if (frames < 2) notes.push('a single frame has no next one: what compares consecutive frames is left out');
  if (!LOSSLESS.has(take.picture.codec))
    notes.push(
      `the take is ${take.picture.codec}, which loses a little: its numbers are of what the file shows`,
    );
  const psnr = pooledPsnr([{ sum: squares, count: values }]);
  const against =
    references.length > 1
      ? `${references.length} reference clips`
      : references.length === 1
        ? 'one reference clip'
        : 'the clip';
  return {
    take: take.path,
    frames,
    width,
    height,
    inversion: report.inversion.reconstruction,
    toClip: psnr === null ? null : { psnr: errors.with(psnr)!, ssim: likeness.overFrames() },
    pixelMse:
      along.take.mean() === null
        ? null
        : {
            take: along.take.mean()!,
            clip: along.clip.mean()!,
            compared: along.seen / along.places,
            flow: FLOW,
          },
    consecutiveSsim:
      consecutive.take.mean() === null
        ? null
        : { take: consecutive.take.mean()!, clip: consecutive.clip.mean() },
    imageText: text && { model: imageText.name, ...text.scores() },
    frechet: own && other && frechetOf(features, own, other, against, notes),
    notes,
  };
}

async function textTally(
  model: ImageText,
  prompts: Parameters<typeof promptTally>[1],
  notes: string[],
): Promise<ImageTextTally | null> {
  if (prompts.target.trim() === '') {
    notes.push(`${model.name} is not asked: the report of the take has no prompt`);
    return null;
  }
  return promptTally(model, prompts, (line) => notes.push(line));
}

function frechetOf(
  { name, digest, length }: VideoFeatures,
  take: Stretches,
  reference: Stretches,
  against: string,
  notes: string[],
): TakeScores['frechet'] {
  const [own, other] = [take.statistics, reference.statistics];
  if (own.count < 2 || other.count < 2) {
    const short = own.count < 2 ? 'the take' : against;
    notes.push(
      `no Fréchet distance: ${name} wants two stretches of ${length} frames at least, and ${short} has ${short === against ? other.count : own.count}`,
    );
    return null;
  }
  const few = Math.min(own.count, other.count);
  if (few <= own.dimension)
    notes.push(
      `the Fréchet distance is of ${few} stretches in ${own.dimension} dimensions: compare it only with takes of this very shot`,
    );
  return {
    network: name,
    digest,
    distance: frechetDistance(own, other),
    against,
    stretches: { take: own.count, reference: other.count },
    length,
    dimension: own.dimension,
  };
}

/** As large in pixels as the take is measured, in the clip's own shape. */
function sizeLike({ width, height }: ClipInfo, area: number): { width: number; height: number } {
  const scale = Math.sqrt(area / (width * height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Values over frames: their mean, and the worst of them. */
class Spread {
  readonly #worse: (a: number, b: number) => boolean;
  #sum = 0;
  #count = 0;
  #worst: OverFrames['worst'] | null = null;

  constructor(worst: 'lowest' | 'highest') {
    this.#worse = worst === 'lowest' ? (a, b) => a < b : (a, b) => a > b;
  }

  see(frame: number, value: number): void {
    this.#sum += value;
    this.#count++;
    if (this.#worst === null || this.#worse(value, this.#worst.value)) this.#worst = { frame, value };
  }

  mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  overFrames(): OverFrames | null {
    const mean = this.mean();
    return mean === null ? null : this.with(mean);
  }

  /** With a value of the whole that is not the mean. */
  with(value: number): OverFrames | null {
    return this.#worst && { value, worst: this.#worst };
  }
}
