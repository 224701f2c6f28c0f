/** Frame rates to choose from. */
import type { Rational } from '../../common/media.ts';
import { formatRational, rational, sameRational, toNumber } from '../../common/time/rational.ts';
import { fps } from '../words.ts';

/** What films and broadcasts are edited at. */
export const EDITING_RATES: readonly Rational[] = [
  rational(24000, 1001),
  rational(24),
  rational(25),
  rational(30000, 1001),
  rational(30),
  rational(50),
  rational(60000, 1001),
  rational(60),
];

/** Read back by `parseRational`. */
export function rateOption(rate: Rational): { readonly id: string; readonly name: string } {
  return { id: formatRational(rate), name: fps(rate) };
}

/** In order, with one more where it is not among them. */
export function ratesWith(rates: readonly Rational[], more: Rational | null): readonly Rational[] {
  const isKnown = more === null || rates.some((one) => sameRational(one, more));
  return [...rates, ...(isKnown ? [] : [more])].toSorted((a, b) => toNumber(a) - toNumber(b));
}
