/** Optical flow by dense inverse search (Kroeger, Timofte, Dai, Van Gool 2016). */
import { assert } from '../../../common/errors.ts';
import { densify } from './densify.ts';
import { farMotions } from './far-motions.ts';
import type { Flow } from './flow.ts';
import { SIDE, searchPatches } from './inverse-search.ts';
import { doubled, grey, halve, type Plane } from './pyramid.ts';
import { type Refinement, refine } from './variational.ts';

const STRIDE = 3;
const ITERATIONS = 12;
const REFINEMENT: Refinement = { alpha: 20, delta: 5, gamma: 10, rounds: 5, sweeps: 5 };
/** The finest grid is refined only, and less: patches are searched from half the size on. */
const FINISH: Refinement = { ...REFINEMENT, rounds: 3 };
/** Grids of this many pixels a side are coarse enough to compare everything with everything around it. */
const COARSE = 128;

/**
 * The motion from a to b. Beyond the paper: whole motions that a few patches find far away are tried by all, and patches that
 * explain little count for little. Finite everywhere; zero where nothing is to be seen.
 * @param a, b RGB8 of height·width·3
 */
export function disFlow(a: Uint8Array, b: Uint8Array, width: number, height: number): Flow {
  assert(a.length === width * height * 3 && b.length === a.length, 'two RGB pictures of the size given');
  const from = pyramid(atLeast(SIDE, grey(a, width, height)));
  const to = pyramid(atLeast(SIDE, grey(b, width, height)));
  let x: Plane = blank(from.at(-1)!);
  let y: Plane = blank(from.at(-1)!);
  const finest = Math.min(1, from.length - 1);
  const coarse = from.findIndex(({ width, height }) => Math.max(width, height) <= COARSE);
  for (let level = from.length - 1; level >= 0; level--) {
    const [near, far] = [from[level]!, to[level]!];
    if (level < from.length - 1) {
      x = doubled(x, near.width, near.height, 2);
      y = doubled(y, near.width, near.height, 2);
    }
    if (level >= finest) {
      const further = level === Math.max(finest, coarse) ? farMotions(near, far) : [];
      const patches = searchPatches(near, far, x.data, y.data, STRIDE, ITERATIONS, further);
      densify(near, far, patches, x.data, y.data);
    }
    refine(near, far, x.data, y.data, level === 0 ? FINISH : REFINEMENT);
  }
  const data = new Float32Array(2 * width * height);
  for (let row = 0; row < height; row++) {
    const line = row * x.width;
    data.set(x.data.subarray(line, line + width), row * width);
    data.set(y.data.subarray(line, line + width), (height + row) * width);
  }
  return { width, height, data };
}

/** A plane with its last column and row repeated until a patch fits. */
function atLeast(side: number, plane: Plane): Plane {
  const [width, height] = [Math.max(side, plane.width), Math.max(side, plane.height)];
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const x = Math.min(plane.width - 1, i % width);
    const y = Math.min(plane.height - 1, Math.floor(i / width));
    data[i] = plane.data[y * plane.width + x]!;
  }
  return { width, height, data };
}

function blank({ width, height }: Plane): Plane {
  return { width, height, data: new Float32Array(width * height) };
}

/** From fine to coarse, as long as there is room for a few patches. */
function pyramid(finest: Plane): Plane[] {
  const levels = [finest];
  for (;;) {
    const { width, height } = levels.at(-1)!;
    if (Math.min(width, height) < 2 * SIDE + 1 || Math.max(width, height) <= 4 * SIDE) return levels;
    levels.push(halve(levels.at(-1)!));
  }
}
