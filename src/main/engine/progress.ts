/** Turns counted work into a share and a time left. Rates are measured per phase; unmeasured phases borrow one. */
import { PHASES, type Phase, type Progress } from '../../common/contract/jobs.ts';
import { curveOf } from '../../common/learning-curve.ts';

interface PhaseWork {
  total: number;
  done: number;
  seconds: number;
  /** Cost of one unit of this phase in units of the others, used until its own rate is known. */
  weight: number;
}

export interface ProgressMeter {
  /** How many units a phase has, and what one costs beside those of the others; the total may be corrected later. */
  plan(phase: Phase, total: number, weight?: number): void;
  /** Work begins in this phase; time is counted to it from now on. */
  enter(phase: Phase): void;
  /** @param learnt the losses so far where something is learnt, told on with it */
  advance(units: number, learnt?: { readonly losses: readonly number[]; readonly steps: number }): void;
  /** Wall seconds of each phase so far, and of all. */
  seconds(): Record<Phase | 'total', number>;
}

const UNITS_BEFORE_ESTIMATE = 5;

export function createProgressMeter(
  emit: (progress: Progress) => void,
  now: () => number = () => performance.now() / 1000,
): ProgressMeter {
  const work: Record<Phase, PhaseWork> = {
    open: { total: 1, done: 0, seconds: 0, weight: 0 },
    flow: { total: 0, done: 0, seconds: 0, weight: 0.1 },
    learn: { total: 0, done: 0, seconds: 0, weight: 4 },
    invert: { total: 0, done: 0, seconds: 0, weight: 1 },
    sample: { total: 0, done: 0, seconds: 0, weight: 2 },
    encode: { total: 0, done: 0, seconds: 0, weight: 2 },
  };
  let phase: Phase = 'open';
  const begin = now();
  let since = begin;
  let shown = 0;

  /** Seconds per unit of weight over everything measured. */
  const commonRate = () => {
    let seconds = 0;
    let weight = 0;
    for (const entry of Object.values(work)) {
      if (entry.weight === 0) continue;
      seconds += entry.seconds;
      weight += entry.done * entry.weight;
    }
    return weight > 0 ? seconds / weight : null;
  };
  const rateOf = (entry: PhaseWork) => {
    if (entry.done >= UNITS_BEFORE_ESTIMATE) return entry.seconds / entry.done;
    const common = commonRate();
    return common === null ? null : common * entry.weight;
  };
  const measure = () => {
    let spent = 0;
    let left = 0;
    for (const name of PHASES) {
      const entry = work[name];
      if (entry.weight === 0) continue;
      // Before anything is measured one unit of weight counts as one second; only the ratio matters then.
      const rate = rateOf(entry) ?? entry.weight;
      spent += entry.done * rate;
      left += Math.max(0, entry.total - entry.done) * rate;
    }
    return { spent, left };
  };
  const fraction = () => {
    const { spent, left } = measure();
    // An estimate that gets worse must not make the bar jump back.
    shown = Math.max(shown, spent + left > 0 ? spent / (spent + left) : 0);
    return Math.min(1, shown);
  };

  /** Time since the last call belongs to the phase that is on. */
  const book = () => {
    const time = now();
    work[phase].seconds += time - since;
    since = time;
  };

  return {
    plan(name, total, weight) {
      work[name].total = total;
      if (weight !== undefined) work[name].weight = weight;
    },
    enter(name) {
      book();
      phase = name;
    },
    advance(units, learnt) {
      const entry = work[phase];
      book();
      entry.done += units;
      const measured = entry.done >= UNITS_BEFORE_ESTIMATE || commonRate() !== null;
      emit({
        phase,
        done: entry.done,
        total: Math.max(entry.total, entry.done),
        fraction: fraction(),
        etaSeconds: measured && entry.weight > 0 ? measure().left : null,
        ...(learnt && {
          loss: learnt.losses.at(-1)!,
          learning: curveOf(learnt.losses, learnt.steps),
        }),
      });
    },
    seconds() {
      book();
      const { open, flow, learn, invert, sample, encode } = work;
      return {
        open: open.seconds,
        flow: flow.seconds,
        learn: learn.seconds,
        invert: invert.seconds,
        sample: sample.seconds,
        encode: encode.seconds,
        total: now() - begin,
      };
    },
  };
}
