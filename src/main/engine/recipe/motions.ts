/**
 * The motion between any two frames of a shot, at latent size: between neighbours as it was estimated, else along the chain
 * of neighbours between. Held are four planes of the latent's size for each neighbour and direction: 128 KB a frame at 512².
 */
import { assert } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import { consistency } from '../flow/consistency.ts';
import type { Flow } from '../flow/flow.ts';
import { warp } from '../flow/warp.ts';
import { toLatentGrid } from '../make/latent-grid.ts';
import type { Motion } from '../methods/have.ts';

interface Grid {
  readonly width: number;
  readonly height: number;
}

export class Motions {
  readonly #grid: Grid;
  readonly #neighbours = new Map<string, Motion>();
  /** Chains that were asked for, the latest last: a step asks for those of the step before. */
  readonly #chains = new Map<string, Motion>();
  readonly #most: number;

  /** @param frames of the shot: as many chains are remembered, twice */
  constructor(grid: Grid, frames: number) {
    this.#grid = grid;
    this.#most = 2 * frames;
  }

  /** Of two neighbours, numbered within the shot. */
  set(from: number, to: number, motion: Motion): void {
    this.#neighbours.set(`${from} ${to}`, motion);
  }

  between(from: number, to: number): Motion {
    const name = `${from} ${to}`;
    const known = this.#neighbours.get(name) ?? this.#chains.get(name);
    if (known) return known;
    const chain = this.#chain(from, to);
    this.#chains.set(name, chain);
    const [oldest] = this.#chains.keys();
    if (this.#chains.size > this.#most) this.#chains.delete(oldest!);
    return chain;
  }

  #chain(from: number, to: number): Motion {
    let motion = still(this.#grid);
    const way = Math.sign(to - from);
    for (let frame = from; frame !== to; frame += way) {
      const next = this.#neighbours.get(`${frame} ${frame + way}`);
      assert(next, `the motion from frame ${frame} to ${frame + way} was estimated`);
      motion = frame === from ? next : composed(motion, next, this.#grid);
    }
    return motion;
  }
}

/** Both ways between two neighbours, from flows over the content of the canvas. @param factor pixels per latent element */
export function latentMotions(forward: Flow, backward: Flow, fit: Fit, factor: number): [Motion, Motion] {
  return [latentMotion(forward, backward, fit, factor), latentMotion(backward, forward, fit, factor)];
}

function latentMotion(there: Flow, back: Flow, fit: Fit, factor: number): Motion {
  const { width, height, data } = there;
  const { hidden, confidence } = consistency(there, back);
  const onGrid = (plane: Float32Array) => toLatentGrid({ data: plane, width, height }, fit, factor);
  const inCells = (plane: Float32Array) => onGrid(plane).map((pixels) => pixels / factor);
  return {
    x: inCells(data.subarray(0, width * height)),
    y: inCells(data.subarray(width * height)),
    hidden: onGrid(hidden),
    confidence: onGrid(confidence),
  };
}

/** From a to c by way of b: hidden where either is, or where the way leads out of the picture; as sure as both together. */
function composed(first: Motion, second: Motion, { width, height }: Grid): Motion {
  const area = width * height;
  const along = new Float32Array(2 * area);
  along.set(first.x);
  along.set(first.y, area);
  const planes = new Float32Array(4 * area);
  planes.set(second.x);
  planes.set(second.y, area);
  planes.set(second.hidden, 2 * area);
  planes.set(second.confidence, 3 * area);
  const seen = warp(planes, { width, height, data: along });
  const plane = (k: number) => seen.subarray(k * area, (k + 1) * area);
  const [x, y, hidden, confidence] = [plane(0), plane(1), plane(2), plane(3)];
  const isOutside = (at: number) => {
    const [px, py] = [(at % width) + first.x[at]!, Math.floor(at / width) + first.y[at]!];
    return px < -0.5 || py < -0.5 || px > width - 0.5 || py > height - 0.5;
  };
  const gone = first.hidden.map((one, at) => (isOutside(at) ? 1 : 1 - (1 - one) * (1 - hidden[at]!)));
  return {
    x: first.x.map((value, at) => value + x[at]!),
    y: first.y.map((value, at) => value + y[at]!),
    hidden: gone,
    confidence: first.confidence.map((one, at) => (isOutside(at) ? 0 : one * confidence[at]!)),
  };
}

function still({ width, height }: Grid): Motion {
  const zero = () => new Float32Array(width * height);
  return { x: zero(), y: zero(), hidden: zero(), confidence: zero().fill(1) };
}
