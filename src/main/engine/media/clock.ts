/**
 * One clock for a stream's pictures. Joined recordings start their clocks anew, a flipped bit makes one time a lie, some files give
 * their first pictures none. The pictures themselves come out of the decoder in order, so the order mends the times. Pure.
 */

interface Join {
  /** First picture after the join, in the order of the decoder. */
  readonly picture: number;
  /** Seconds that the clock jumps there; negative: back. */
  readonly jump: number;
}

export interface Clock {
  /** Seconds of each picture, ascending, on the clock of the first recording. */
  readonly times: readonly number[];
  readonly joins: readonly Join[];
  /** Pictures whose own time was missing or wrong. */
  readonly mended: number;
  /** From this picture on all times are the file's own; 0: all of them are; their count: none has to be. */
  readonly settled: number;
}

export interface ClockHints {
  /** Seconds between two pictures further than which the recording was interrupted; Infinity where a picture may stay that long. */
  readonly longest: number;
  /** Recordings may be joined; where not, a clock that steps back early had guessed times before. */
  readonly joinable: boolean;
  /** Seconds by which writers leave the first picture too early when they move everything else behind the sound's run-in. */
  readonly runIns: readonly number[];
}

/** So many pictures in a row that fit each other are a recording of their own; fewer are strays. */
const RUN = 3;
const LOOK_AHEAD = 16;
/** A stray this near to its neighbours is only out of order. */
const NEAR_SECONDS = 0.5;
/** Guessed times at the start: at most so many pictures, overlapping what follows. */
const MOST_GUESSED = 32;
const GUESSED_SECONDS = 2;
const DEFAULT_GAP = 0.04;
/** Run-ins are told apart from pictures left out by their exact length. */
const RUN_IN_TOLERANCE = 0.0012;

/** @param raw seconds in the order of the decoder, null where a picture has no time; at least one has */
export function straighten(raw: readonly (number | null)[], hints: ClockHints): Clock {
  const gap = usualGap(raw);
  const times: (number | null)[] = [...raw];
  const joins: Join[] = [];
  const follows = (from: number, to: number, steps: number) =>
    to > from && to - from <= hints.longest + steps * gap;

  let shift = 0;
  let last = -1;
  for (let i = 0; i < raw.length; i += 1) {
    const time = raw[i]!;
    if (time === null) continue;
    if (last >= 0 && !follows(raw[last]!, time, i - last)) {
      if (isStray(raw, i, last, follows)) {
        times[i] = Math.abs(time - raw[last]!) < NEAR_SECONDS ? time + shift : null;
        continue;
      }
      const before = raw[last]!;
      const guessed =
        !hints.joinable &&
        joins.length === 0 &&
        i <= MOST_GUESSED &&
        time < before &&
        before - time < GUESSED_SECONDS;
      if (guessed) times.fill(null, 0, i);
      else {
        const expected = before + (i - last) * gap;
        joins.push({ picture: i, jump: time - expected });
        shift += expected - time;
      }
    }
    times[i] = time + shift;
    last = i;
  }
  const filled = fill(times, gap).sort((a, b) => a - b);
  const tooEarly = filled.length > RUN ? filled[1]! - filled[0]! - gap : 0;
  const runIn = hints.runIns.some((seconds) => Math.abs(seconds - tooEarly) < RUN_IN_TOLERANCE);
  if (runIn) filled[0] = filled[1]! - gap;
  const own = filled.map((time, i) => time === raw[i]);
  return {
    times: filled,
    joins,
    mended:
      joins.length > 0
        ? times.filter((time) => time === null).length
        : own.filter((is) => !is).length - Number(runIn),
    settled: own.lastIndexOf(false) + 1,
  };
}

/** Whether the picture and those after it do not make a recording of their own, but the old one goes on behind them. */
function isStray(
  raw: readonly (number | null)[],
  at: number,
  last: number,
  follows: (from: number, to: number, steps: number) => boolean,
): boolean {
  let run = 1;
  let previous = at;
  for (let i = at + 1; i < raw.length && i <= at + LOOK_AHEAD; i += 1) {
    const time = raw[i]!;
    if (time === null) continue;
    if (follows(raw[last]!, time, i - last)) return true;
    run = follows(raw[previous]!, time, i - previous) ? run + 1 : 1;
    if (run >= RUN) return false;
    previous = i;
  }
  // At the very end nothing tells: a lone picture is a stray.
  return run === 1;
}

/** Between two known times evenly; before the first and after the last by the usual gap. */
function fill(times: readonly (number | null)[], gap: number): number[] {
  const known = times.flatMap((time, i) => (time === null ? [] : [i]));
  const first = known[0]!;
  let next = 0;
  return times.map((time, i) => {
    if (time !== null) return time;
    if (i < first) return times[first]! - (first - i) * gap;
    while (next < known.length && known[next]! < i) next += 1;
    const before = known[next - 1]!;
    const after = known[next];
    if (after === undefined) return times[before]! + (i - before) * gap;
    return times[before]! + ((times[after]! - times[before]!) * (i - before)) / (after - before);
  });
}

function usualGap(raw: readonly (number | null)[]): number {
  const gaps = raw
    .flatMap((time, i) => (i === 0 || time === null || raw[i - 1] === null ? [] : [time - raw[i - 1]!]))
    .filter((gap) => gap > 0 && gap < 1)
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? DEFAULT_GAP;
}
