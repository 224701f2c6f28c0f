/**
 * Variational refinement of a flow: the energy of Kroeger et al. 2016, sec. 2.4 (after Brox et al. 2004), with intensity and
 * gradient constancy, both normalised (Zimmer et al. 2011), and smoothness, each under a robust penalty.
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

/** Changes the motion (x, y) of a to b in place. */
export function refine(a: Plane, b: Plane, x: Float32Array, y: Float32Array, how: Refinement): void {
  const { width, height } = a;
  const size = width * height;
  const moved = new Float32Array(size);
  const inside = new Uint8Array(size);
  lookUp(b, x, y, moved, inside);
  const mean = new Float32Array(size);
  const change = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    mean[i] = 0.5 * (a.data[i]! + moved[i]!);
    change[i] = moved[i]! - a.data[i]!;
  }
  const plane = (data: Float32Array): Plane => ({ width, height, data });
  const { x: ix, y: iy } = gradients(plane(mean));
  const { x: ixt, y: iyt } = gradients(plane(change));
  const { x: ixx, y: ixy } = gradients(plane(ix));
  const { y: iyy } = gradients(plane(iy));

  const u0 = Float32Array.from(x);
  const v0 = Float32Array.from(y);
  const [a11, a12, a22] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  const [b1, b2] = [new Float32Array(size), new Float32Array(size)];
  const smooth = new Float32Array(size);
  const right = new Float32Array(size);
  const below = new Float32Array(size);
  for (let round = 0; round < how.rounds; round++) {
    for (let i = 0; i < size; i++) {
      if (!inside[i]) {
        a11[i] = 0;
        a12[i] = 0;
        a22[i] = 0;
        b1[i] = 0;
        b2[i] = 0;
        continue;
      }
      const du = x[i]! - u0[i]!;
      const dv = y[i]! - v0[i]!;
      const [gx, gy, gt] = [ix[i]!, iy[i]!, change[i]!];
      const norm = 1 / (gx * gx + gy * gy + ZETA);
      const error = gt + gx * du + gy * dv;
      const weight = (how.delta * norm) / Math.sqrt(error * error * norm + EPSILON);
      const [xx, xy, yy, xt, yt] = [ixx[i]!, ixy[i]!, iyy[i]!, ixt[i]!, iyt[i]!];
      const normX = 1 / (xx * xx + xy * xy + ZETA);
      const normY = 1 / (xy * xy + yy * yy + ZETA);
      const errorX = xt + xx * du + xy * dv;
      const errorY = yt + xy * du + yy * dv;
      const both = how.gamma / Math.sqrt(errorX * errorX * normX + errorY * errorY * normY + EPSILON);
      const [wx, wy] = [both * normX, both * normY];
      const m11 = weight * gx * gx + wx * xx * xx + wy * xy * xy;
      const m12 = weight * gx * gy + wx * xx * xy + wy * xy * yy;
      const m22 = weight * gy * gy + wx * xy * xy + wy * yy * yy;
      a11[i] = m11;
      a12[i] = m12;
      a22[i] = m22;
      b1[i] = m11 * u0[i]! + m12 * v0[i]! - (weight * gx * gt + wx * xx * xt + wy * xy * yt);
      b2[i] = m12 * u0[i]! + m22 * v0[i]! - (weight * gy * gt + wx * xy * xt + wy * yy * yt);
    }
    for (let j = 0; j < height; j++) {
      const [up, down] = [j > 0 ? width : 0, j < height - 1 ? width : 0];
      for (let k = 0; k < width; k++) {
        const i = j * width + k;
        const [l, r] = [k > 0 ? 1 : 0, k < width - 1 ? 1 : 0];
        const ux = 0.5 * (x[i + r]! - x[i - l]!);
        const uy = 0.5 * (x[i + down]! - x[i - up]!);
        const vx = 0.5 * (y[i + r]! - y[i - l]!);
        const vy = 0.5 * (y[i + down]! - y[i - up]!);
        smooth[i] = how.alpha / Math.sqrt(ux * ux + uy * uy + vx * vx + vy * vy + EPSILON);
      }
    }
    for (let j = 0; j < height; j++) {
      for (let k = 0; k < width; k++) {
        const i = j * width + k;
        right[i] = k < width - 1 ? 0.5 * (smooth[i]! + smooth[i + 1]!) : 0;
        below[i] = j < height - 1 ? 0.5 * (smooth[i]! + smooth[i + width]!) : 0;
      }
    }
    for (let sweep = 0; sweep < how.sweeps; sweep++) {
      for (let j = 0; j < height; j++) {
        for (let k = 0; k < width; k++) {
          const i = j * width + k;
          let [sum, sumX, sumY] = [0, 0, 0];
          if (k > 0) {
            const w = right[i - 1]!;
            sum += w;
            sumX += w * x[i - 1]!;
            sumY += w * y[i - 1]!;
          }
          if (j > 0) {
            const w = below[i - width]!;
            sum += w;
            sumX += w * x[i - width]!;
            sumY += w * y[i - width]!;
          }
          if (k < width - 1) {
            const w = right[i]!;
            sum += w;
            sumX += w * x[i + 1]!;
            sumY += w * y[i + 1]!;
          }
          if (j < height - 1) {
            const w = below[i]!;
            sum += w;
            sumX += w * x[i + width]!;
            sumY += w * y[i + width]!;
          }
          const u = x[i]! + OMEGA * ((b1[i]! - a12[i]! * y[i]! + sumX) / (a11[i]! + sum) - x[i]!);
          x[i] = u;
          y[i]! += OMEGA * ((b2[i]! - a12[i]! * u + sumY) / (a22[i]! + sum) - y[i]!);
        }
      }
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
