/** Finds the rhythm of a list of presentation times, and lays uneven ones on an even grid. Pure. */
import type { Rational } from '../../../common/media.ts';
import { nearestStandardRate, rational, snapRate, toNumber } from '../../../common/time/rational.ts';

export interface Cadence {
  readonly rate: Rational;
  readonly variable: boolean;
  /** Pictures after conforming. */
  readonly frames: number;
  /** For each conformed picture the source picture it shows, as an index into the sorted times; null: one to one. */
  readonly sources: readonly number[] | null;
}

/** A picture may stand this far from its place, in frames: containers round to a millisecond. */
const TOLERANCE = 0.3;
const DEFAULT_RATE = rational(25);
/** Rates above are clock ticks, not rates of pictures. */
const HIGHEST = 1000;
const HIGHEST_CONFORMED = 120;
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
  const first = times[0]!;
  const last = times.at(-1)!;
  const claimed = nominal && toNumber(nominal) <= HIGHEST ? nominal : null;
  if (times.length === 1)
    return { rate: singleRate(claimed, lastDuration), variable: false, frames: 1, sources: null };

  const measured = last > first ? (times.length - 1) / (last - first) : 0;
  const candidates = [
    ...(claimed ? [snapRate(claimed), claimed] : []),
    ...(measured > 0 && measured <= HIGHEST ? [nearestStandardRate(measured), fromNumber(measured)] : []),
  ];
  for (const rate of candidates) {
    if (isEven(times, rate)) return { rate, variable: false, frames: times.length, sources: null };
  }

  const rate = conformedRate(times, claimed);
  const places = times.map((time) => placeOf(time - first, rate));
  const hold = Math.max(1, Math.round((lastDuration ?? 0) * toNumber(rate)));
  const frames = places.at(-1)! + hold;
  const sources: number[] = [];
  let source = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    while (source + 1 < places.length && places[source + 1]! <= frame) source += 1;
    sources.push(source);
  }
  return { rate, variable: true, frames, sources };
}

/** The grid place nearest to a time, as ffmpeg's fps=round=near takes it. */
function placeOf(seconds: number, rate: Rational): number {
  // A hair above keeps exact halves, which floating point may put just below, going up as in ffmpeg.
  return Math.floor((seconds * rate.num) / rate.den + 0.5 + 1e-7);
}

function isEven(times: readonly number[], rate: Rational): boolean {
  const first = times[0]!;
  return times.every((time, index) => Math.abs(((time - first) * rate.num) / rate.den - index) <= TOLERANCE);
}

/** Whether every picture keeps a grid place of its own, near its time. */
function keepsEach(times: readonly number[], rate: Rational): boolean {
  let previous = -1;
  return times.every((time) => {
    const place = placeOf(time - times[0]!, rate);
    const near = Math.abs(((time - times[0]!) * rate.num) / rate.den - place) <= TOLERANCE;
    const own = place > previous;
    previous = place;
    return near && own;
  });
}

/**
 * The claimed rate where its grid holds every picture (pictures left out of a steady stream); else the standard rate
 * nearest to the usual distance of two pictures.
 */
function conformedRate(times: readonly number[], claimed: Rational | null): Rational {
  const snapped = claimed && snapRate(claimed);
  if (snapped && toNumber(snapped) <= HIGHEST_CONFORMED && keepsEach(times, snapped)) return snapped;
  if (snapped && times.length < FEW && toNumber(snapped) <= HIGHEST_CONFORMED)
    return nearestStandardRate(toNumber(snapped));
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  const usual = gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
  const median = usual[Math.floor(usual.length / 2)];
  if (median === undefined) return DEFAULT_RATE;
  return nearestStandardRate(Math.min(HIGHEST_CONFORMED, 1 / median));
}

/** A still or one-picture clip: its claimed rate unless that is a clock tick, else one over its duration. */
function singleRate(claimed: Rational | null, duration: number | null): Rational {
  if (claimed && toNumber(claimed) < HIGHEST_SINGLE) return snapRate(claimed);
  return duration ? nearestStandardRate(1 / duration) : DEFAULT_RATE;
}

function fromNumber(rate: number): Rational {
  return snapRate(rational(Math.round(rate * 1000), 1000));
}
