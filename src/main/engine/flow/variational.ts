/**
 * Variational refinement of a flow: the energy of Kroeger et al. 2016, sec. 2.4 (after Brox et al. 2004), with intensity and
 * gradient constancy, both normalised (Zimmer et al. 2011), and smoothness, each under a robust penalty. Linear systems are
 * solved by successive over-relaxation, pixels of one colour of a chessboard after those of the other.
 */
import { gradients, type Plane } from './pyramid.ts';

export interface Refinement {
  /** Weights of smoothness, intensity and gradient. */
  readonly alpha: number;
  readonly delta: number;
  readonly gamma: number;
  /** Linearised systems that follow on each other, and sweeps over each. */
  readonly rounds: number;
  readonly sweeps: number;
}

const EPSILON = 0.001 ** 2;
/** Keeps a normalised constraint from counting where there is no gradient. */
const ZETA = 0.1 ** 2;
/** Over-relaxation. */
const OMEGA = 1.6;

/**
 * Of every pixel: its own equations and what binds it to its neighbours. Arrays begin a line and a pixel before the
 * first pixel, so that none needs a test whether there is a neighbour: it has no weight where there is none.
 */
interface System {
  readonly width: number;
  readonly height: number;
  readonly lead: number;
  /** Motion, and what it was when the system began. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly x0: Float32Array;
  readonly y0: Float32Array;
  /** a11·x + a12·y = b1, a12·x + a22·y = b2. */
  readonly a11: Float32Array;
  readonly a12: Float32Array;
  readonly a22: Float32Array;
  readonly b1: Float32Array;
  readonly b2: Float32Array;
  readonly smooth: Float32Array;
  /** Weights to the neighbour on the right and below. */
  readonly right: Float32Array;
  readonly below: Float32Array;
}

/** Changes the motion (x, y) of a to b in place. */
export function refine(a: Plane, b: Plane, x: Float32Array, y: Float32Array, how: Refinement): void {
  const { width, height } = a;
  const lead = width + 1;
  const lined = () => new Float32Array(width * height + 2 * lead);
  const system: System = {
    ...{ width, height, lead, x: lined(), y: lined(), x0: x, y0: y },
    ...{ a11: lined(), a12: lined(), a22: lined(), b1: lined(), b2: lined() },
    ...{ smooth: lined(), right: lined(), below: lined() },
  };
  system.x.set(x, lead);
  system.y.set(y, lead);
  const constancy = constancyOf(a, b, x, y);
  for (let round = 0; round < how.rounds; round++) {
    bindData(system, constancy, how);
    bindNeighbours(system, how.alpha);
    for (let sweep = 0; sweep < 2 * how.sweeps; sweep++) relax(system, sweep % 2);
  }
  x.set(system.x.subarray(lead, lead + width * height));
  y.set(system.y.subarray(lead, lead + width * height));
}

/** Derivatives of both pictures, the second one moved onto the first: space, then time. */
interface Constancy {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly t: Float32Array;
  readonly xx: Float32Array;
  readonly xy: Float32Array;
  readonly yy: Float32Array;
  readonly xt: Float32Array;
  readonly yt: Float32Array;
  /** 0 where the motion leads out of the picture: nothing is known there. */
  readonly inside: Uint8Array;
}

function constancyOf(a: Plane, b: Plane, moveX: Float32Array, moveY: Float32Array): Constancy {
  const { width, height, data } = a;
  const size = width * height;
  const mean = new Float32Array(size);
  const t = new Float32Array(size);
  const inside = new Uint8Array(size);
  lookUp(b, moveX, moveY, mean, inside);
  for (let i = 0; i < size; i++) {
    const from = data[i]!;
    const to = mean[i]!;
    mean[i] = 0.5 * (from + to);
    t[i] = to - from;
  }
  const { x, y } = gradients({ width, height, data: mean });
  const { x: xt, y: yt } = gradients({ width, height, data: t });
  const { x: xx, y: xy } = gradients({ width, height, data: x });
  const { y: yy } = gradients({ width, height, data: y });
  return { x, y, t, xx, xy, yy, xt, yt, inside };
}

/** Every pixel's own equations, weighed by how far they hold as it is. */
function bindData(system: System, constancy: Constancy, { delta, gamma }: Refinement): void {
  const { lead, x, y, x0, y0, a11, a12, a22, b1, b2 } = system;
  const { inside } = constancy;
  for (let i = 0; i < inside.length; i++) {
    const at = i + lead;
    if (inside[i] === 0) {
      a11[at] = 0;
      a12[at] = 0;
      a22[at] = 0;
      b1[at] = 0;
      b2[at] = 0;
      continue;
    }
    const startX = x0[i]!;
    const startY = y0[i]!;
    const du = x[at]! - startX;
    const dv = y[at]! - startY;
    const gx = constancy.x[i]!;
    const gy = constancy.y[i]!;
    const gt = constancy.t[i]!;
    const norm = 1 / (gx * gx + gy * gy + ZETA);
    const error = gt + gx * du + gy * dv;
    const wi = (delta * norm) / Math.sqrt(error * error * norm + EPSILON);
    const xx = constancy.xx[i]!;
    const xy = constancy.xy[i]!;
    const yy = constancy.yy[i]!;
    const xt = constancy.xt[i]!;
    const yt = constancy.yt[i]!;
    const normX = 1 / (xx * xx + xy * xy + ZETA);
    const normY = 1 / (xy * xy + yy * yy + ZETA);
    const errorX = xt + xx * du + xy * dv;
    const errorY = yt + xy * du + yy * dv;
    const both = gamma / Math.sqrt(errorX * errorX * normX + errorY * errorY * normY + EPSILON);
    const wx = both * normX;
    const wy = both * normY;
    const m11 = wi * gx * gx + wx * xx * xx + wy * xy * xy;
    const m12 = wi * gx * gy + wx * xx * xy + wy * xy * yy;
    const m22 = wi * gy * gy + wx * xy * xy + wy * yy * yy;
    a11[at] = m11;
    a12[at] = m12;
    a22[at] = m22;
    b1[at] = m11 * startX + m12 * startY - (wi * gx * gt + wx * xx * xt + wy * xy * yt);
    b2[at] = m12 * startX + m22 * startY - (wi * gy * gt + wx * xy * xt + wy * yy * yt);
  }
}

/** How strongly neighbours are to move alike, and from here on a11 and a22 as what their whole diagonal is divided by. */
function bindNeighbours(system: System, alpha: number): void {
  const { width, height, lead, x, y, smooth, right, below, a11, a22 } = system;
  for (let row = 0; row < height; row++) {
    const up = row > 0 ? width : 0;
    const down = row < height - 1 ? width : 0;
    const start = lead + row * width;
    for (let column = 0; column < width; column++) {
      const i = start + column;
      const l = column > 0 ? i - 1 : i;
      const r = column < width - 1 ? i + 1 : i;
      const ux = x[r]! - x[l]!;
      const uy = x[i + down]! - x[i - up]!;
      const vx = y[r]! - y[l]!;
      const vy = y[i + down]! - y[i - up]!;
      smooth[i] = (0.5 * alpha) / Math.sqrt(0.25 * (ux * ux + uy * uy + vx * vx + vy * vy) + EPSILON);
    }
  }
  for (let row = 0; row < height; row++) {
    const start = lead + row * width;
    const last = row === height - 1;
    for (let i = start; i < start + width; i++) {
      const own = smooth[i]!;
      right[i] = own + smooth[i + 1]!;
      below[i] = last ? 0 : own + smooth[i + width]!;
    }
    right[start + width - 1] = 0;
  }
  const end = lead + width * height;
  for (let i = lead; i < end; i++) {
    const sum = right[i]! + right[i - 1]! + below[i]! + below[i - width]!;
    a11[i] = OMEGA / (a11[i]! + sum);
    a22[i] = OMEGA / (a22[i]! + sum);
  }
}

/** Half a sweep: the pixels of one colour. */
function relax(system: System, colour: number): void {
  const { width, height, lead, x, y, a11, a12, a22, b1, b2, right, below } = system;
  for (let row = 0; row < height; row++) {
    const start = lead + row * width;
    const end = start + width;
    for (let i = start + ((row + colour) & 1); i < end; i += 2) {
      const r = right[i]!;
      const l = right[i - 1]!;
      const d = below[i]!;
      const u = below[i - width]!;
      const sumX = r * x[i + 1]! + l * x[i - 1]! + d * x[i + width]! + u * x[i - width]!;
      const sumY = r * y[i + 1]! + l * y[i - 1]! + d * y[i + width]! + u * y[i - width]!;
      const cross = a12[i]!;
      const next = (1 - OMEGA) * x[i]! + a11[i]! * (b1[i]! - cross * y[i]! + sumX);
      x[i] = next;
      y[i] = (1 - OMEGA) * y[i]! + a22[i]! * (b2[i]! - cross * next + sumY);
    }
  }
}

/** b at (i + x, j + y), bilinear, edges repeated; and whether that is within b. */
function lookUp(b: Plane, x: Float32Array, y: Float32Array, out: Float32Array, inside: Uint8Array): void {
  const { width, height, data } = b;
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const k = j * width + i;
      const wantX = i + x[k]!;
      const wantY = j + y[k]!;
      const px = Math.min(width - 1, Math.max(0, wantX));
      const py = Math.min(height - 1, Math.max(0, wantY));
      inside[k] = Math.abs(px - wantX) <= 0.5 && Math.abs(py - wantY) <= 0.5 ? 1 : 0;
      const left = Math.min(width - 2, Math.floor(px));
      const top = Math.min(height - 2, Math.floor(py));
      const u = px - left;
      const v = py - top;
      const at = top * width + left;
      const upper = data[at]! + u * (data[at + 1]! - data[at]!);
      const lower = data[at + width]! + u * (data[at + width + 1]! - data[at + width]!);
      out[k] = upper + v * (lower - upper);
    }
  }
}
