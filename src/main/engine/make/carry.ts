/**
 * A mask carried from frame to frame along the flow. At the edge of what moves, a flow is a blend of both sides; so the mask moves
 * as its inside does, continued outwards, and only what is surely seen to come from elsewhere is taken out of it. What is handed on is
 * where each place stood in the painted frame: the mask is read once, however far it went, and stays as sharp as it was painted.
 * After every step the places are set right by the two pictures, so that small errors of the flows do not add up.
 */
import { signedDistance } from '../../../common/masks/distance.ts';
import type { Size } from '../../../common/masks/grid.ts';
import { consistency } from '../flow/consistency.ts';
import type { Flow } from '../flow/flow.ts';
import { bilinear, type Field, fieldOf, registration, spread } from './carry-field.ts';

export interface Carried {
  /** (h, w), 0..1. */
  readonly coverage: Float32Array;
  /** (h, w), 0..1: how far the way can be relied on; falls where places were hidden, left the picture, or flows disagree. */
  readonly trust: Float32Array;
}

/** The flows between the frame that was reached and the next one. */
export interface Link {
  readonly there: Flow;
  readonly back: Flow;
}

/**
 * What is left of the trust after a step: where flows agree fully, where they just agree, and where they do not; and what a
 * pixel of motion costs beside, for no flow is exact.
 */
const TRUST = { agreed: 1, barely: 0.94, lost: 0.8, moved: 0.995 };
/** Pixels from the edge at which a place is surely inside: patches of the flow reach about so far. */
const DEEP = 5;
/** Pixels from the edge at which a flow is all the inside's. */
const INSIDE = 10;
/** Consistency from which a place surely comes from where its flow says. */
const SURE = 0.3;
/** Times that places are set right in a step. */
const ROUNDS = 2;
/** Iterations that turn a smooth motion around. */
const TURNS = 4;

export class Carrier {
  readonly #size: Size;
  /** How far inside each pixel of the painted frame is, so that its edge is drawn anew, one pixel wide. */
  readonly #painted: Float32Array;
  /** Where each pixel of the frame that was reached stands in the painted one, as the mask moves. */
  #x: Float32Array;
  #y: Float32Array;
  #reached: Carried;
  /** Grey of the painted frame. */
  readonly #look: Float32Array;

  /** @param painted (h, w) of the frame that it begins with; look: that frame's grey picture (h, w), 0..255 */
  constructor(painted: Float32Array, size: Size, look: ArrayLike<number>) {
    this.#size = size;
    this.#look = softened(look, size);
    this.#painted = distances(painted, size);
    this.#x = painted.map((_, i) => i % size.width);
    this.#y = painted.map((_, i) => Math.floor(i / size.width));
    this.#reached = { coverage: painted, trust: new Float32Array(painted.length).fill(1) };
  }

  /** One frame further. @param look grey picture of the frame that is reached */
  step({ there, back }: Link, look: ArrayLike<number>): Carried {
    const { width, height } = this.#size;
    const count = width * height;
    const { coverage, trust: trusted } = this.#reached;
    const inside = signedDistance(coverage, this.#size);
    const { confidence } = consistency(there, back);
    const motion = fieldOf(there, this.#size, (at) => weightOf(inside[at]!) * (0.02 + confidence[at]!));
    const agreed = spread(
      this.#size,
      (at) => weightOf(inside[at]!),
      (at) => confidence[at]!,
    );
    const [x, y, trust] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
    for (let at = 0; at < count; at++) {
      const column = at % width;
      const row = (at - column) / width;
      const [fromX, fromY] = before(motion, column, row);
      x[at] = bilinear(this.#x, this.#size, fromX, fromY) + beyond(fromX, width);
      y[at] = bilinear(this.#y, this.#size, fromX, fromY) + beyond(fromY, height);
      const isIn = beyond(fromX, width) === 0 && beyond(fromY, height) === 0;
      const sure = agreed(column, row);
      const kept = isIn && sure > 0 ? TRUST.barely + (TRUST.agreed - TRUST.barely) * sure : TRUST.lost;
      const moved = Math.min(1, Math.hypot(column - fromX, row - fromY));
      trust[at] = bilinear(trusted, this.#size, fromX, fromY) * kept * TRUST.moved ** moved;
    }
    [this.#x, this.#y] = [x, y];
    this.#setRight(softened(look, this.#size));
    const layer = x.map((_, at) => edgeAt(bilinear(this.#painted, this.#size, x[at]!, y[at]!)));
    this.#reached = { coverage: this.#seen(layer, inside, { there, back }), trust };
    return this.#reached;
  }

  #setRight(here: Float32Array): void {
    const { width } = this.#size;
    for (let round = 0; round < ROUNDS; round++) {
      const [x, y] = [this.#x, this.#y];
      const weight = (at: number) =>
        Math.min(1, Math.max(0, bilinear(this.#painted, this.#size, x[at]!, y[at]!) / DEEP));
      const off = registration(this.#look, here, this.#size, { x, y, weight });
      for (let at = 0; at < x.length; at++) {
        const column = at % width;
        const [dx, dy] = off(column, (at - column) / width);
        x[at] = x[at]! + dx;
        y[at] = y[at]! + dy;
      }
    }
  }

  /** Without what something else hides: deep inside, its flow surely leads to where the mask was not. */
  #seen(layer: Float32Array, insideBefore: Float32Array, { there, back }: Link): Float32Array {
    const { width, height } = this.#size;
    const { confidence } = consistency(back, there);
    const inside = signedDistance(layer, this.#size);
    const count = width * height;
    let hides = false;
    const isForeign = (at: number): number => {
      const column = at % width;
      const row = (at - column) / width;
      const [fromX, fromY] = [column + back.data[at]!, row + back.data[count + at]!];
      const foreign = confidence[at]! >= SURE && bilinear(insideBefore, this.#size, fromX, fromY) < -1;
      hides ||= foreign;
      return foreign ? 1 : 0;
    };
    const foreign = spread(this.#size, (at) => (inside[at]! > DEEP ? 0.05 + confidence[at]! : 0), isForeign);
    if (!hides) return layer;
    return layer.map((value, at) => {
      if (value === 0) return 0;
      const column = at % width;
      const hidden = foreign(column, (at - column) / width);
      return value * Math.min(1, Math.max(0, 2.5 - 4 * hidden));
    });
  }
}

/** The deeper inside, the less a flow has of the other side. */
function weightOf(inside: number): number {
  if (inside <= 0) return 0;
  return Math.min(1, inside / INSIDE) ** 3;
}

/** Where a place stood before a motion that is given at its beginning. */
function before(motion: Field, x: number, y: number): readonly [x: number, y: number] {
  let [fromX, fromY] = [x, y];
  for (let turn = 0; turn < TURNS; turn++) {
    const [dx, dy] = motion(fromX, fromY);
    [fromX, fromY] = [x - dx, y - dy];
  }
  return [fromX, fromY];
}

/** Binomial 3×3 (1 2 1), edges repeated: gradients hold further than a pixel. */
function softened(grey: ArrayLike<number>, { width, height }: Size): Float32Array {
  const rows = new Float32Array(width * height);
  for (let at = 0; at < rows.length; at++) {
    const x = at % width;
    rows[at] = (grey[x > 0 ? at - 1 : at]! + 2 * grey[at]! + grey[x < width - 1 ? at + 1 : at]!) / 4;
  }
  return rows.map((value, at) => {
    const above = at >= width ? rows[at - width]! : value;
    const below = at < width * (height - 1) ? rows[at + width]! : value;
    return (above + 2 * value + below) / 4;
  });
}

/** Pixels by which a place lies outside a side of the picture. */
function beyond(at: number, side: number): number {
  return at - Math.min(side - 1, Math.max(0, at));
}

/**
 * One mask of two that were carried here from either side, by the trust in each and how near it was painted. Their edges meet
 * between them: nothing becomes half transparent.
 * @param share of the way from the first painted frame to the second, 0..1
 */
export function between(first: Carried, second: Carried, share: number, size: Size): Carried {
  const [a, b] = [distances(first.coverage, size), distances(second.coverage, size)];
  const trust = first.trust.map((one, i) => Math.max(one, second.trust[i]!));
  const coverage = a.map((distance, i) => {
    const [mine, other] = [first.trust[i]! ** 2 * (1 - share) + 1e-6, second.trust[i]! ** 2 * share + 1e-6];
    return edgeAt((mine * distance + other * b[i]!) / (mine + other));
  });
  return { coverage, trust };
}

/** Signed distances that are finite where there is no edge too. */
function distances(coverage: Float32Array, size: Size): Float32Array {
  const reach = size.width + size.height;
  return signedDistance(coverage, size).map((distance) => Math.min(reach, Math.max(-reach, distance)));
}

function edgeAt(inside: number): number {
  return Math.min(1, Math.max(0, 0.5 + inside));
}

/** Pixels around a mask that tell how well it lies. */
const RIM = 6;

/** How far a carried mask can be relied on, 0..1: the trust in it and its rim; 0 where nothing is left of it. */
export function confidenceOf({ coverage, trust }: Carried, size: Size): number {
  const inside = signedDistance(coverage, size);
  let [sum, count] = [0, 0];
  for (let i = 0; i < inside.length; i++) {
    if (inside[i]! < -RIM) continue;
    sum += trust[i]!;
    count += 1;
  }
  return coverage.some((value) => value >= 0.5) && count > 0 ? sum / count : 0;
}
