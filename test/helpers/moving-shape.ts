/** A textured shape that moves, turns and grows over a textured background, and the mask that it truly has. */
import { fillPolygon } from '../../src/common/masks/fill.ts';
import type { Size } from '../../src/common/masks/grid.ts';

interface Movement {
  /** Pixels and degrees a frame, and the factor of its size. */
  readonly right: number;
  readonly down: number;
  readonly turn: number;
  readonly growth: number;
  /** Of the background, pixels a frame. */
  readonly pan: number;
}

export interface Shown {
  /** RGB8 (h·w·3). */
  readonly rgb: Uint8Array;
  /** (h, w), 0..1. */
  readonly truth: Float32Array;
}

export function movingShape(size: Size, movement: Movement, frame: number): Shown {
  const { width, height } = size;
  const { right, down, turn, growth, pan } = movement;
  const [middleX, middleY] = [width * 0.35 + right * frame, height * 0.45 + down * frame];
  const angle = (turn * frame * Math.PI) / 180;
  const scale = growth ** frame;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const outline = Array.from({ length: 90 }, (_, i): [number, number] => {
    const at = (i * 2 * Math.PI) / 90;
    const radius = height * 0.2 * (1 + 0.25 * Math.cos(3 * at)) * scale;
    return [middleX + radius * Math.cos(at + angle), middleY + radius * Math.sin(at + angle)];
  });
  const truth = fillPolygon(outline, size);
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [dx, dy] = [(x - middleX) / scale, (y - middleY) / scale];
      const [ownX, ownY] = [dx * cos + dy * sin, -dx * sin + dy * cos];
      for (let c = 0; c < 3; c++) {
        const there = 90 + 60 * texture(x + 0.5 - pan * frame, y + 0.5, c) + (c === 2 ? 30 : 0);
        const here = 130 + 60 * texture(ownX + 500, ownY + 500, c + 3) + (c === 0 ? 30 : 0);
        rgb[at * 3 + c] = Math.round(there + (here - there) * truth[at]!);
      }
    }
  }
  return { rgb, truth };
}

/** Smooth noise of two scales, about -1..1. */
function texture(x: number, y: number, seed: number): number {
  return 0.6 * noise(x / 9, y / 9, seed) + 0.4 * noise(x / 4, y / 4, seed + 10);
}

function noise(x: number, y: number, seed: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const ease = (t: number) => t * t * (3 - 2 * t);
  const [u, v] = [ease(x - left), ease(y - top)];
  const at = (i: number, j: number) => {
    let hash =
      Math.imul(left + i, 374761393) ^ Math.imul(top + j, 668265263) ^ Math.imul(seed + 1, 974634777);
    hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 31 - 1;
  };
  return (1 - v) * ((1 - u) * at(0, 0) + u * at(1, 0)) + v * ((1 - u) * at(0, 1) + u * at(1, 1));
}

/** Of what both cover at least half of, the share that both do. */
export function overlap(a: Float32Array, b: Float32Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i]! >= 0.5, b[i]! >= 0.5];
    if (one && other) both += 1;
    if (one || other) either += 1;
  }
  return either === 0 ? 1 : both / either;
}
