/** Times as exact fractions of a second, of any size: rates of broadcast multiply to denominators beyond what numbers hold. */
import { assert } from '../errors.ts';
import type { Rational } from '../media.ts';

/** Seconds; den > 0, lowest terms. */
export interface Exact {
  readonly num: bigint;
  readonly den: bigint;
}

export function exact(num: bigint | number, den: bigint | number = 1n): Exact {
  let [n, d] = [BigInt(num), BigInt(den)];
  assert(d !== 0n, 'a fraction has a denominator');
  if (d < 0n) [n, d] = [-n, -d];
  let [a, b] = [n < 0n ? -n : n, d];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { num: 0n, den: 1n } : { num: n / a, den: d / a };
}

export const ZERO: Exact = exact(0n);

/** How long so many frames of a rate last. */
export function framesLast(frames: number, rate: Rational): Exact {
  return exact(BigInt(frames) * BigInt(rate.den), BigInt(rate.num));
}

export function add(a: Exact, b: Exact): Exact {
  return exact(a.num * b.den + b.num * a.den, a.den * b.den);
}

export function subtract(a: Exact, b: Exact): Exact {
  return exact(a.num * b.den - b.num * a.den, a.den * b.den);
}

export function compare(a: Exact, b: Exact): number {
  const difference = a.num * b.den - b.num * a.den;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The frame of a rate that has begun by then. */
export function frameAt(time: Exact, rate: Rational): number {
  return Number(floorDivide(time.num * BigInt(rate.num), time.den * BigInt(rate.den)));
}

/** The frame of a rate that begins nearest to it; halves go up. */
export function nearestFrame(time: Exact, rate: Rational): number {
  const [num, den] = [time.num * BigInt(rate.num), time.den * BigInt(rate.den)];
  return Number(floorDivide(2n * num + den, 2n * den));
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
