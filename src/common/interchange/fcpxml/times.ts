/** Times of FCPXML: rational seconds, "1001/24000s". */
import type { Rational } from '../../media.ts';
import { type Exact, exact } from '../../time/exact.ts';
import { rational, snapRate } from '../../time/rational.ts';

export function secondsText({ num, den }: Exact): string {
  return den === 1n ? `${num}s` : `${num}/${den}s`;
}

/** Null for what is no time. */
export function parseSeconds(text: string | undefined): Exact | null {
  const found = /^\s*(-?\d+)(?:\/(\d+)|\.(\d+))?s?\s*$/.exec(text ?? '');
  if (!found) return null;
  const [, whole, den, decimals] = found;
  if (decimals !== undefined) return exact(BigInt(`${whole}${decimals}`), 10n ** BigInt(decimals.length));
  return den !== undefined && BigInt(den) === 0n ? null : exact(BigInt(whole!), BigInt(den ?? 1));
}

/** Old files name a format and say no more: "FFVideoFormat1080p2398". */
const NAMED_RATES: Readonly<Record<string, Rational>> = {
  '2398': rational(24_000, 1001),
  '2997': rational(30_000, 1001),
  '5994': rational(60_000, 1001),
};

export function rateOfFormat(frameDuration: string | undefined, name: string | undefined): Rational | null {
  const lasts = parseSeconds(frameDuration);
  if (lasts && lasts.num > 0n) return snapRate(rational(Number(lasts.den), Number(lasts.num)));
  const told = /[pi](\d{2,4})$/.exec(name ?? '')?.[1];
  if (told === undefined) return null;
  return NAMED_RATES[told] ?? (told.length <= 3 ? rational(Number(told)) : null);
}
