/**
 * The depth channel of depth-conditioned networks: one map per frame, scaled over the shot so that it does not flicker. A depth
 * clip wins over the bundle's own estimator.
 */
import { AppError, throwIfCancelled } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { isFiniteLatent } from '../diffusion/finite.ts';
import { decodeFrames } from '../media/decode.ts';
import { probeClip } from '../media/probe.ts';
import type { Bundle, DepthEstimator } from '../models/types.ts';
import { toLatentGrid } from './latent-grid.ts';

/** Frame of the shot → (h, w) at latent size, -1 far to 1 near; null for networks that take none. */
export type Structure = ((frame: number) => Float32Array) | null;

export interface StructureRequest {
  readonly bundle: Pick<Bundle, 'structureChannels' | 'name' | 'factor' | 'depth'>;
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly fit: Fit;
  /** A clip whose brightness is nearness, frame for frame beside the one that is edited. */
  readonly depth: string | null;
  readonly signal: AbortSignal;
  /** After each frame whose depth was estimated. */
  readonly onEstimated?: (frame: number) => void;
}

/**
 * Where the depth comes from; null for networks that take none.
 * @throws AppError usage when depth is wanted and there is none, or given and not wanted
 */
export function depthSource(
  bundle: { readonly name: string; readonly structureChannels: number; readonly depth: unknown },
  depth: string | null,
): 'clip' | 'estimator' | null {
  if (bundle.structureChannels === 0) {
    if (depth === null) return null;
    throw usage(`${bundle.name} takes no depth`, 'Leave the depth clip out or choose a depth model.');
  }
  if (depth !== null) return 'clip';
  if (bundle.depth !== null) return 'estimator';
  throw usage(
    `${bundle.name} wants the depth of every frame and cannot estimate it`,
    'Give a depth clip (near is bright, far is dark), or add an estimator to the bundle as depth_estimator/model.onnx.',
  );
}

/**
 * @throws AppError usage for depth that is missing, not wanted or not like the clip; not-finite naming the frame; bundle-invalid
 * or model-failed for an estimator that does not do its work; Cancelled between two frames
 */
export async function shotStructure(request: StructureRequest): Promise<Structure> {
  const { bundle, depth } = request;
  const source = depthSource(bundle, depth);
  if (source === null) return null;
  const maps =
    source === 'clip' ? await clipMaps(request, depth!) : await estimatedMaps(request, bundle.depth!);
  normalise(maps);
  return (frame) => maps[frame]!;
}

async function clipMaps(request: StructureRequest, depth: string): Promise<Float32Array[]> {
  const { bundle, clip, range, fit, signal } = request;
  const depthClip = await probeClip(depth, { signal });
  if (depthClip.frames < range.end) {
    throw usage(
      `the depth clip has ${depthClip.frames} frames, the edit reaches frame ${range.end - 1}`,
      'It must match the clip frame for frame.',
    );
  }
  if (Math.abs(depthClip.width / depthClip.height - clip.width / clip.height) > 0.02) {
    throw usage('the depth clip has another shape than the clip', 'It must show the same picture.');
  }
  const maps: Float32Array[] = [];
  const depthFit = { ...fit, sourceWidth: depthClip.width, sourceHeight: depthClip.height };
  for await (const { rgb } of decodeFrames(depthClip, { range, fit: depthFit, signal })) {
    maps.push(averageBlocks(rgb, fit.width, fit.height, bundle.factor));
  }
  return maps;
}

/** Frames are scaled straight from the clip to the estimator's size; of each only the map at latent size is kept. */
async function estimatedMaps(request: StructureRequest, estimator: DepthEstimator): Promise<Float32Array[]> {
  const { bundle, clip, range, fit, signal, onEstimated } = request;
  const size = estimator.sizeFor({ width: fit.contentWidth, height: fit.contentHeight });
  const seen = { ...fit, ...size, contentWidth: size.width, contentHeight: size.height, left: 0, top: 0 };
  const maps: Float32Array[] = [];
  for await (const { index, rgb } of decodeFrames(clip, { range, fit: seen, signal })) {
    throwIfCancelled(signal);
    const map = await estimator.estimate(rgb, size);
    if (!isFiniteLatent(map.data)) {
      throw new AppError('not-finite', `the depth of frame ${index} broke down (not a number)`, {
        doing: 'estimating the depth',
        hint: 'Use an estimator in full precision, or give a depth clip.',
      });
    }
    maps.push(toLatentGrid(map, fit, bundle.factor));
    onEstimated?.(index);
  }
  return maps;
}

/** Mean brightness (0..255) of each factor² block of an RGB8 picture: (height/factor, width/factor). */
export function averageBlocks(rgb: Uint8Array, width: number, height: number, factor: number): Float32Array {
  const columns = width / factor;
  const out = new Float32Array(columns * (height / factor));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * columns;
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const block = row + Math.floor(x / factor);
      out[block] = out[block]! + (rgb[at]! + rgb[at + 1]! + rgb[at + 2]!) / 3;
    }
  }
  return out.map((sum) => sum / (factor * factor));
}

/** In place, to [-1, 1] over all maps together; a flat shot becomes -1 throughout. */
export function normalise(maps: readonly Float32Array[]): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const map of maps) {
    for (const value of map) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const scale = high > low ? 2 / (high - low) : 0;
  for (const map of maps) for (let i = 0; i < map.length; i++) map[i] = (map[i]! - low) * scale - 1;
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading the depth', hint });
}
