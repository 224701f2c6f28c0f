/** Exact fractions for rates and times. Numbers stay below 2^53; every result is in lowest terms with den > 0. */
import { assert } from '../errors.ts';
import type { Rational } from '../media.ts';

export function rational(num: number, den = 1): Rational {
  assert(Number.isSafeInteger(num) && Number.isSafeInteger(den) && den !== 0, `fraction ${num}/${den}`);
  const sign = den < 0 ? -1 : 1;
  const divisor = gcd(Math.abs(num), Math.abs(den)) || 1;
  return { num: (sign * num) / divisor + 0, den: (sign * den) / divisor };
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** "30000/1001", "1:2" or "25"; null for anything else and for a zero denominator. */
export function parseRational(text: string): Rational | null {
  const match = /^\s*(-?\d+)(?:\s*[/:]\s*(\d+))?\s*$/.exec(text);
  if (!match) return null;
  const num = Number(match[1]);
  const den = Number(match[2] ?? 1);
  return den > 0 && Number.isSafeInteger(num) && Number.isSafeInteger(den) ? rational(num, den) : null;
}

/** Frames per second as people write them: "24", "23.976", "24000/1001"; null for anything else. */
export function parseRate(text: string): Rational | null {
  const decimal = /^\s*\d{1,4}\.\d{1,3}\s*$/.test(text)
    ? rational(Math.round(Number(text) * 1000), 1000)
    : null;
  const rate = parseRational(text) ?? (decimal && (editorsRate(decimal) ?? decimal));
  return rate && rate.num > 0 && toNumber(rate) <= 1000 ? rate : null;
}

export function toNumber(value: Rational): number {
  return value.num / value.den;
}

export function formatRational(value: Rational): string {
  return `${value.num}/${value.den}`;
}

export function multiply(a: Rational, b: Rational): Rational {
  // Crosswise reduction first keeps the products small.
  const left = gcd(Math.abs(a.num), b.den) || 1;
  const right = gcd(Math.abs(b.num), a.den) || 1;
  return rational((a.num / left) * (b.num / right), (a.den / right) * (b.den / left));
}

export function divide(a: Rational, b: Rational): Rational {
  return multiply(a, rational(b.den, b.num));
}

export function sameRational(a: Rational, b: Rational): boolean {
  return a.num * b.den === b.num * a.den;
}

/** Rates that cameras, televisions and screens use. */
export const STANDARD_RATES: readonly Rational[] = [
  ...[1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 144, 240].map((n) =>
    rational(n),
  ),
  rational(25, 2),
  ...[24, 30, 48, 60, 120, 240].map((n) => rational(n * 1000, 1001)),
];

export function isStandardRate(rate: Rational): boolean {
  return STANDARD_RATES.some((standard) => sameRational(standard, rate));
}

/** The standard rate nearest to a rate in frames per second, by ratio. */
export function nearestStandardRate(rate: number): Rational {
  let best = rational(25);
  for (const candidate of STANDARD_RATES) {
    if (Math.abs(Math.log(toNumber(candidate) / rate)) < Math.abs(Math.log(toNumber(best) / rate)))
      best = candidate;
  }
  return best;
}

/** 239759/10000 means 24000/1001: a rate within 50 ppm of a standard one was rounded by some writer. */
export function snapRate(rate: Rational): Rational {
  const standard = nearestStandardRate(toNumber(rate));
  return Math.abs(toNumber(standard) / toNumber(rate) - 1) < 5e-5 ? standard : rate;
}

/** Broadcast rates, a thousandth below the whole ones. */
const NTSC_RATES = STANDARD_RATES.filter(({ den }) => den === 1001);
const WHOLE_RATES = STANDARD_RATES.filter(({ den }) => den !== 1001);

/**
 * The rate an editor would call this: 29.99 is 29.97, 29.83 is 30. Phones and screen recorders write what they measured.
 * Null where no standard rate is within a percent.
 */
export function editorsRate(rate: Rational): Rational | null {
  const snapped = snapRate(rate);
  if (isStandardRate(snapped)) return snapped;
  const off = (standard: Rational) => Math.abs(toNumber(standard) / toNumber(rate) - 1);
  return (
    NTSC_RATES.find((standard) => off(standard) < 7e-4) ??
    WHOLE_RATES.find((standard) => off(standard) < 1e-2) ??
    null
  );
}
