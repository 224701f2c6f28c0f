/** Corrects the clock of pictures and sound while ffmpeg reads, as expressions of its filters. Pure. */
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, Rational, Retiming } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { type Cadence, placeOf } from './cadence.ts';
import type { Clock } from './clock.ts';

/** An expression has one term a step, and has to fit into an argument (128 KB on Linux, 32 KB for all of them on Windows). */
const MOST_STEPS = 500;

/** Beyond the time of the last picture, below any tick of a clock. */
const AFTER = 5e-6;
/** Up to so many ticks in a frame ffmpeg finds the end of the last picture by itself. */
const MOST_TICKS = 1.5;

/**
 * What it takes to bring each picture of a decoded stream to its place; null where its own time does.
 * @throws AppError clip-unreadable where there is too much to mend
 * @param ticks the rate that the stream claims: where it is far from the rate of the pictures, the last of them would get no time
 */
export function retimingOf(
  raw: readonly (number | null)[],
  clock: Clock,
  cadence: Cadence,
  ticks: Rational | null,
): Retiming | null {
  const { rate, frames, places } = cadence;
  if (clock.joins.length === 0 && clock.settled === 0) {
    const steps = stepsByTime(clock.times, cadence);
    const known = ticks !== null && toNumber(ticks) <= MOST_TICKS * toNumber(rate);
    if (steps.length === 0 && known) return null;
    const last = clock.times.at(-1)!;
    const end = { from: last + AFTER, shift: frames / toNumber(rate) - (last - clock.times[0]!) };
    return { by: 'time', steps: fitting([...steps, end]) };
  }
  let jumped = 0;
  return {
    by: 'order',
    steps: fitting([...stepsByOrder(places), { from: places.length, shift: frames - places.length }]),
    joins: clock.joins.map(({ jump }) => {
      jumped += jump;
      return -jumped;
    }),
    settled: settledTime(raw, clock, cadence),
  };
}

function fitting(steps: Retiming['steps']): Retiming['steps'] {
  if (steps.length <= MOST_STEPS) return steps;
  throw new AppError(
    'clip-unreadable',
    `its pictures leave their rate ${steps.length - 1} times, more than can be mended`,
    {
      doing: 'reading the times of the pictures',
      hint: 'Transcode it to a constant rate first, in your editing program for instance.',
    },
  );
}

function stepsByTime(times: readonly number[], { places, rate }: Cadence) {
  const steps: { from: number; shift: number }[] = [];
  let shift = 0;
  for (const [index, time] of times.entries()) {
    const sinceStart = time - times[0]!;
    if (placeOf(sinceStart + shift, rate) === places[index]) continue;
    shift = places[index]! / toNumber(rate) - sinceStart;
    steps.push({ from: (times[index - 1]! + time) / 2, shift });
  }
  return steps;
}

function stepsByOrder(places: readonly number[]) {
  const steps: { from: number; shift: number }[] = [];
  for (const [from, place] of places.entries()) {
    const shift = place - from;
    if (shift !== (steps.at(-1)?.shift ?? 0)) steps.push({ from, shift });
  }
  return steps;
}

/** Reading may begin in the middle where no later time is wrong and none comes twice. */
function settledTime(raw: readonly (number | null)[], clock: Clock, cadence: Cadence): number | null {
  const { times, joins, settled } = clock;
  if (joins.length > 0 || settled >= times.length || stepsByTime(times, cadence).length > 0) return null;
  const before = raw.slice(0, settled).filter((time) => time !== null);
  return Math.max(times[settled]!, ...before);
}

/** Filters that give pictures the times of their frames, counted from zero, or from the clip's start by its own clock. */
export function pictureClock(
  clip: Pick<ClipInfo, 'rate' | 'retiming' | 'startTime'>,
  sought: boolean,
): string[] {
  const { retiming, rate } = clip;
  const fps = (start: number) => `fps=fps=${rate.num}/${rate.den}:round=near:start_time=${start.toFixed(6)}`;
  // One more copy after the last picture keeps `fps` from dropping that.
  const hold = 'tpad=stop_mode=clone:stop=1';
  if (retiming === null || (retiming.by === 'order' && sought)) return [hold, fps(clip.startTime)];
  if (retiming.by === 'time') {
    return [hold, `setpts='PTS+(${sumOf('T', retiming.steps)})/TB'`, fps(clip.startTime)];
  }
  return [hold, settb(rate), `setpts='N+${sumOf('N', retiming.steps)}'`, fps(0)];
}

function settb(rate: Rational): string {
  return `settb=${rate.den}/${rate.num}`;
}

/** 0 + 0.5*gte(T,3.2) + …: each term is what its step adds to the one before. */
function sumOf(
  variable: string,
  steps: readonly { readonly from: number; readonly shift: number }[],
): string {
  let before = 0;
  const terms = steps.map(({ from, shift }) => {
    const term = `${signed(shift - before)}*gte(${variable},${plain(from)})`;
    before = shift;
    return term;
  });
  return `0${terms.join('')}`;
}

/**
 * Filter that puts sound on the clip's clock, zero at `start`. After a join the sound takes the new shift as soon as that fits better
 * what was heard last.
 */
export function soundClock(clip: Pick<ClipInfo, 'retiming'>, start: number): string {
  const joins = clip.retiming?.by === 'order' ? clip.retiming.joins : [];
  // What a filter makes of a fraction is cut off, and would be a sample late.
  if (joins.length === 0) return `asetpts=round(PTS-${start.toFixed(9)}/TB)`;
  const steps = joins.map((shift, index) => ({ from: index + 1, shift }));
  // Variable 0 counts joins; 1 and 2 are the shifts before and after the next one.
  const shiftOf = (join: string) => sumOf(join, steps);
  return [
    `asetpts='st(1,${shiftOf('ld(0)')})`,
    `st(2,${shiftOf('(ld(0)+1)')})`,
    `st(3,PREV_OUTT+${plain(start)})`,
    'st(0,ld(0)+if(isnan(PREV_OUTT),0,lt(abs(T+ld(2)-ld(3)),abs(T+ld(1)-ld(3)))))',
    `round((T+${shiftOf('ld(0)')}-${plain(start)})/TB)'`,
  ].join(';');
}

function signed(value: number): string {
  return value < 0 ? `-${plain(-value)}` : `+${plain(value)}`;
}

/** Without an exponent, which filter expressions would take for a unit. */
function plain(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}
