/** Pictures of a continuous texture before and after a known motion. */
import type { Flow } from '../../src/main/engine/flow/flow.ts';

/** Where a point of the first picture stands in the second, and the way back. */
export interface Movement {
  forward(x: number, y: number): readonly [number, number];
  back(x: number, y: number): readonly [number, number];
}

export function shifted(dx: number, dy: number): Movement {
  return { forward: (x, y) => [x + dx, y + dy], back: (x, y) => [x - dx, y - dy] };
}

/** Turned by degrees and scaled about a point. */
export function turned(degrees: number, scale: number, cx: number, cy: number): Movement {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return {
    forward: (x, y) => [
      cx + scale * (cos * (x - cx) - sin * (y - cy)),
      cy + scale * (sin * (x - cx) + cos * (y - cy)),
    ],
    back: (x, y) => [
      cx + (cos * (x - cx) + sin * (y - cy)) / scale,
      cy + (cos * (y - cy) - sin * (x - cx)) / scale,
    ],
  };
}

/** Lattice noise of four octaves, 0..1, smooth between lattice points. */
function texture(seed: number, coarsest = 32): (x: number, y: number) => number {
  const at = (i: number, j: number, octave: number) => {
    let h = Math.imul(i, 0x27d4eb2d) ^ Math.imul(j, 0x165667b1) ^ Math.imul(seed * 16 + octave, 0x9e3779b9);
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
  };
  const ease = (t: number) => t * t * t * (t * (6 * t - 15) + 10);
  return (x, y) => {
    let sum = 0;
    let total = 0;
    for (let octave = 0, size = coarsest; octave < 4 && size >= 3; octave++, size /= 2) {
      const [i, j] = [Math.floor(x / size), Math.floor(y / size)];
      const [u, v] = [ease(x / size - i), ease(y / size - j)];
      const upper = (1 - u) * at(i, j, octave) + u * at(i + 1, j, octave);
      const lower = (1 - u) * at(i, j + 1, octave) + u * at(i + 1, j + 1, octave);
      sum += size * ((1 - v) * upper + v * lower);
      total += size;
    }
    return sum / total;
  };
}

/** RGB8 of a function of the point, each colour its own gain. */
function painted(width: number, height: number, value: (x: number, y: number) => number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const level = Math.min(1, Math.max(0, 1.8 * value(i % width, Math.floor(i / width)) - 0.4));
    rgb.set([255 * level, 230 * level + 10, 255 - 200 * level], 3 * i);
  }
  return rgb;
}

export interface MovedPair {
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly truth: Flow;
}

export function movedPair(width: number, height: number, motion: Movement, seed = 1): MovedPair {
  const value = texture(seed);
  const a = painted(width, height, value);
  const b = painted(width, height, (x, y) => value(...motion.back(x, y)));
  const data = new Float32Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [toX, toY] = motion.forward(x, y);
    data[i] = toX - x;
    data[width * height + i] = toY - y;
  }
  return { a, b, truth: { width, height, data } };
}

/** Mean end-point error in pixels over what stays in the picture and is not hidden. */
export function endPointError(flow: Flow, truth: Flow, hidden?: ArrayLike<number>): number {
  const { width, height, data } = truth;
  const size = width * height;
  let [sum, count] = [0, 0];
  for (let i = 0; i < size; i++) {
    const [x, y] = [(i % width) + data[i]!, Math.floor(i / width) + data[size + i]!];
    if (hidden?.[i] || x < 0 || y < 0 || x > width - 1 || y > height - 1) continue;
    sum += Math.hypot(flow.data[i]! - data[i]!, flow.data[size + i]! - data[size + i]!);
    count++;
  }
  return sum / count;
}
