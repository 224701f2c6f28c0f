/** Finds the rhythm of a list of presentation times, and lays uneven ones on an even grid. Pure. */
import type { Rational } from '../../../common/media.ts';
import {
  editorsRate,
  isStandardRate,
  multiply,
  nearestStandardRate,
  rational,
  snapRate,
  toNumber,
} from '../../../common/time/rational.ts';

export interface Cadence {
  readonly rate: Rational;
  /** Pictures are not evenly spaced: they were laid on the grid of `rate`. */
  readonly variable: boolean;
  /** Pictures after conforming. */
  readonly frames: number;
  /** For each conformed picture the source picture it shows, as an index into the times; null: one to one, in time. */
  readonly sources: readonly number[] | null;
  /** For each source picture its frame, ascending. Pictures that share a frame fall together: the last of them stays. */
  readonly places: readonly number[];
}

/** A picture may stand this far from its place, in frames: containers round to a millisecond. */
const TOLERANCE = 0.3;
/** Where no picture is missing or extra, unsteady clocks of phones may run away this far, in frames, with every picture shown once. */
const LOOSE_TOLERANCE = 1.5;
/** Two pictures this far apart, in frames, are neighbours; further, and one is missing. */
const LOOSE_GAP = 1.5;
/** Of all pictures, so many may fall together before the grid is made twice as fine: nobody doubles a film for one burst. */
const MOST_LOST = 0.1;
export const DEFAULT_RATE = rational(25);
/** Rates above are clock ticks, not rates of pictures. */
const HIGHEST = 1000;
const HIGHEST_CONFORMED = 240;
/** Up to this rate a container is believed that skips pictures; faster ones may be its reader's guess. */
const USUAL = 30;
/** GIF counts in hundredths of a second. */
const HIGHEST_SINGLE = 100;
/** Fewer pictures than this say little about their usual distance. */
const FEW = 12;

/**
 * @param times seconds, ascending, at least one
 * @param nominal the rate the container claims
 * @param lastDuration seconds the last picture stays, where known
 */
export function cadenceOf(
  times: readonly number[],
  nominal: Rational | null,
  lastDuration: number | null,
): Cadence {
  const claimed = nominal && toNumber(nominal) <= HIGHEST ? nominal : null;
  if (times.length === 1) return oneToOne(singleRate(claimed, lastDuration), times, false);

  const span = times.at(-1)! - times[0]!;
  const average = span > 0 ? (times.length - 1) / span : 0;
  const measured = average > 0 && average <= HIGHEST ? fromNumber(average) : null;
  const usual = usualRate(times);
  const near = (rate: Rational | null) => rate && editorsRate(rate);

  for (const rate of [claimed && snapRate(claimed), near(claimed), near(measured)]) {
    if (rate && isStandardRate(rate) && isEven(times, rate)) return oneToOne(rate, times, false);
  }
  // An even rate that nobody works in goes to the one beside it, if that costs no picture.
  const odd = [claimed, measured].find((rate) => rate !== null && isEven(times, rate)) ?? null;
  const beside = near(odd);
  if (beside && isLooselyEven(times, beside)) return oneToOne(beside, times, true);
  const nearest = measured && nearestStandardRate(average);
  if (nearest && isEven(times, nearest)) return oneToOne(nearest, times, false);
  if (odd && !beside) return oneToOne(odd, times, false);

  for (const rate of [near(claimed), usual, near(measured)]) {
    if (rate && isLooselyEven(times, rate)) return oneToOne(rate, times, true);
  }
  const grids = [beside, believable(times, claimed), usual, multiply(usual, rational(2))].filter(
    (rate) => rate !== null && toNumber(rate) <= HIGHEST_CONFORMED,
  ) as Rational[];
  const laid = grids.map((rate) => ({ rate, ...placesFor(times, rate) }));
  const whole = laid.find(
    ({ lost }) => lost === 0 || (!odd && lost <= Math.max(1, MOST_LOST * times.length)),
  );
  if (odd && !whole) return oneToOne(odd, times, false);
  const chosen = whole ?? laid.find(({ rate }) => rate === usual)!;
  return conformed(chosen.rate, chosen.places, lastDuration);
}

function oneToOne(rate: Rational, times: readonly number[], variable: boolean): Cadence {
  const places = times.map((_, index) => index);
  return { rate, variable, frames: times.length, sources: variable ? places : null, places };
}

function conformed(rate: Rational, places: readonly number[], lastDuration: number | null): Cadence {
  const hold = Math.max(1, Math.round((lastDuration ?? 0) * toNumber(rate)));
  const frames = places.at(-1)! + hold;
  const sources: number[] = [];
  let source = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    while (source + 1 < places.length && places[source + 1]! <= frame) source += 1;
    sources.push(source);
  }
  return { rate, variable: true, frames, sources, places };
}

/** The grid place nearest to a time, as ffmpeg's fps=round=near takes it. */
export function placeOf(seconds: number, rate: Rational): number {
  // A hair above keeps exact halves, which floating point may put just below, going up as in ffmpeg.
  return Math.floor((seconds * rate.num) / rate.den + 0.5 + 1e-7);
}

/** Times in frames from the first picture. */
function positionsOf(times: readonly number[], rate: Rational): number[] {
  return times.map((time) => ((time - times[0]!) * rate.num) / rate.den);
}

function isEven(times: readonly number[], rate: Rational): boolean {
  return positionsOf(times, rate).every((position, index) => Math.abs(position - index) <= TOLERANCE);
}

/** Unsteady, but with no picture missing and none extra. */
function isLooselyEven(times: readonly number[], rate: Rational): boolean {
  let before = -1;
  return positionsOf(times, rate).every((position, index) => {
    const gap = position - before;
    before = position;
    return gap > 0 && gap < LOOSE_GAP && Math.abs(position - index) <= LOOSE_TOLERANCE;
  });
}

/** A frame of its own for each picture, near its time. Bursts that the rate cannot hold fall together, and are counted as lost. */
function placesFor(times: readonly number[], rate: Rational): { places: number[]; lost: number } {
  const places: number[] = [];
  let lost = 0;
  for (const [index, position] of positionsOf(times, rate).entries()) {
    const before = index === 0 ? -1 : places[index - 1]!;
    const place = Math.max(before + 1, placeOf(times[index]! - times[0]!, rate));
    const late = place - position > LOOSE_TOLERANCE;
    if (late) lost += 1;
    places.push(late ? before : place);
  }
  return { places, lost };
}

/**
 * The claimed rate where its grid holds every picture of a stream that leaves some out. Of the fast ones many pictures must follow
 * each other at that rate: a reader that guesses takes the fastest clock on which all times fall.
 */
function believable(times: readonly number[], claimed: Rational | null): Rational | null {
  const rate = claimed && snapRate(claimed);
  if (!rate || toNumber(rate) > HIGHEST_CONFORMED) return null;
  const positions = positionsOf(times, rate);
  const places = times.map((time) => placeOf(time - times[0]!, rate));
  const onGrid = positions.every(
    (position, index) =>
      Math.abs(position - places[index]!) <= TOLERANCE &&
      (index === 0 || places[index]! > places[index - 1]!),
  );
  if (times.length < FEW && toNumber(rate) <= USUAL) return nearestStandardRate(toNumber(rate));
  const next = places.filter((place, index) => index > 0 && place === places[index - 1]! + 1).length;
  const enough = toNumber(rate) <= USUAL ? 0 : 0.1 * (times.length - 1);
  return onGrid && next >= enough ? rate : null;
}

/** The standard rate of the usual distance of two pictures. */
export function usualRate(times: readonly number[]): Rational {
  const gaps = times
    .slice(1)
    .map((time, index) => time - times[index]!)
    .filter((gap) => gap > 0)
    .sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)];
  if (median === undefined) return DEFAULT_RATE;
  // The mean of those alike is finer than clocks that count milliseconds.
  const alike = gaps.filter((gap) => Math.abs(gap / median - 1) < 0.2);
  const mean = alike.reduce((sum, gap) => sum + gap, 0) / alike.length;
  const rate = Math.min(HIGHEST_CONFORMED, 1 / mean);
  return editorsRate(fromNumber(rate)) ?? nearestStandardRate(rate);
}

/** A still or one-picture clip: its claimed rate unless that is a clock tick, else one over its duration. */
function singleRate(claimed: Rational | null, duration: number | null): Rational {
  if (claimed && toNumber(claimed) < HIGHEST_SINGLE) return snapRate(claimed);
  return duration ? nearestStandardRate(1 / duration) : DEFAULT_RATE;
}

function fromNumber(rate: number): Rational {
  return snapRate(rational(Math.max(1, Math.round(rate * 1000)), 1000));
}
