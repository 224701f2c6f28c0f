/** The depth channel of depth-conditioned networks: one map per frame, scaled over the shot so that it does not flicker. */
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import type { Bundle } from '../bundle/types.ts';
import { decodeFrames } from '../media/decode.ts';
import { probeClip } from '../media/probe.ts';

/** Frame of the shot → (h, w) at latent size, -1 far to 1 near; null for networks that take none. */
export type Structure = ((frame: number) => Float32Array) | null;

export interface StructureRequest {
  readonly bundle: Pick<Bundle, 'structureChannels' | 'name' | 'factor'>;
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  readonly fit: Fit;
  /** A clip whose brightness is nearness, frame for frame beside the one that is edited. */
  readonly depth: string | null;
  readonly signal: AbortSignal;
}

/** @throws AppError usage when depth is wanted and not given, or given and not like the clip; Cancelled */
export async function shotStructure(request: StructureRequest): Promise<Structure> {
  const { bundle, clip, range, fit, depth, signal } = request;
  if (bundle.structureChannels === 0) {
    if (depth === null) return null;
    throw usage(`${bundle.name} takes no depth`, 'Leave the depth clip out or choose a depth model.');
  }
  if (depth === null) {
    throw usage(
      `${bundle.name} wants the depth of every frame`,
      'Give a depth clip: near is bright, far is dark.',
    );
  }
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
  normalise(maps);
  return (frame) => maps[frame]!;
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
