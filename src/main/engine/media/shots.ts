/**
 * Shot detection: differences of neighbouring frames at thumbnail size, measured once; cuts are then a matter of
 * thresholds. A cut stands out from its neighbourhood (the adaptive detector of PySceneDetect), so motion is none.
 */
import type { ClipInfo } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { decodeFrames } from './decode.ts';

/** Per frame, in order. */
export interface FrameFeatures {
  /** Mean absolute difference of RGB to the frame before, 0..255; 0 for the first. */
  readonly change: Float32Array;
  /** Mean of RGB, 0..255. */
  readonly light: Float32Array;
}

const WIDTH = 64;
const HEIGHT = 36;
const BYTES = WIDTH * HEIGHT * 3;

/** One decode of the whole clip at 64×36. @throws AppError clip-unreadable; Cancelled */
export async function measureFrames(
  clip: ClipInfo,
  options: { readonly signal?: AbortSignal; readonly onFrame?: (done: number) => void } = {},
): Promise<FrameFeatures> {
  const change = new Float32Array(clip.frames);
  const light = new Float32Array(clip.frames);
  const fit = {
    sourceWidth: clip.width,
    sourceHeight: clip.height,
    contentWidth: WIDTH,
    contentHeight: HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    left: 0,
    top: 0,
  };
  let before: Uint8Array | null = null;
  const range = { start: 0, end: clip.frames };
  for await (const { index, rgb } of decodeFrames(clip, { range, fit, signal: options.signal })) {
    let difference = 0;
    let sum = 0;
    for (let i = 0; i < BYTES; i += 1) {
      sum += rgb[i]!;
      if (before) difference += Math.abs(rgb[i]! - before[i]!);
    }
    change[index] = difference / BYTES;
    light[index] = sum / BYTES;
    before = rgb;
    options.onFrame?.(index + 1);
  }
  return { change, light };
}

/** Frames looked at on both sides of a candidate. */
const NEIGHBOURS = 3;
/** Mean light of a black picture at most. */
const BLACK = 4;
/** A flash changes the picture twice in a row, about equally; a cut stands out from the frames beside it by this much. */
const FLASH = 1.5;
const MINIMUM_SECONDS = 0.25;

/** Shortest shot in frames. */
export function shortestShot(clip: Pick<ClipInfo, 'rate'>): number {
  return Math.max(2, Math.round(MINIMUM_SECONDS * toNumber(clip.rate)));
}

/**
 * First frames of the shots after the first, ascending: hard cuts, and the middle of the black between two fades.
 * @param sensitivity 0 (few cuts) to 1 (many)
 * @param minimum no shot is shorter than this many frames; of two cuts too close the stronger stays
 */
export function findCuts(features: FrameFeatures, sensitivity: number, minimum: number): number[] {
  const { change } = features;
  const frames = change.length;
  const most = geometric(60, 4, sensitivity);
  const ratio = geometric(6, 1.5, sensitivity);
  const candidates: { frame: number; strength: number }[] = [];
  for (let frame = 1; frame < frames; frame += 1) {
    const strength = change[frame]!;
    // Below one level of 255 it is the noise of the codec.
    const next = Math.max(change[frame - 1]!, change[frame + 1] ?? 0);
    if (
      strength >= most &&
      strength >= FLASH * next &&
      strength >= ratio * Math.max(1, around(change, frame))
    ) {
      candidates.push({ frame, strength });
    }
  }
  candidates.sort((a, b) => b.strength - a.strength || a.frame - b.frame);
  const cuts: number[] = [];
  const add = (frame: number) => {
    const free = cuts.every((other) => Math.abs(other - frame) >= minimum);
    if (free && frame >= minimum && frames - frame >= minimum) cuts.push(frame);
  };
  for (const { frame } of candidates) add(frame);
  for (const frame of betweenFades(features)) add(frame);
  return cuts.sort((a, b) => a - b);
}

/** Mean change of the neighbouring frames, without the frame's own and the first frame's, which has none. */
function around(change: Float32Array, frame: number): number {
  let sum = 0;
  let count = 0;
  for (let other = Math.max(1, frame - NEIGHBOURS); other <= frame + NEIGHBOURS; other += 1) {
    if (other === frame || other >= change.length) continue;
    sum += change[other]!;
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

function betweenFades({ light }: FrameFeatures): number[] {
  const middles: number[] = [];
  let since: number | null = null;
  for (let frame = 0; frame < light.length; frame += 1) {
    const black = light[frame]! <= BLACK;
    if (black) since ??= frame;
    else if (since !== null) {
      if (since > 0) middles.push(Math.ceil((since + frame) / 2));
      since = null;
    }
  }
  return middles;
}

/** From `low` sensitivity to high, evenly in ratio. */
function geometric(low: number, high: number, sensitivity: number): number {
  return low * (high / low) ** Math.min(1, Math.max(0, sensitivity));
}
