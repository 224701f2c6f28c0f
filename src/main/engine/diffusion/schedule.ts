/** Noise schedules: which levels a sampler visits, from a bundle's scheduler configuration. All in float64. */
import { AppError, assert } from '../../../common/errors.ts';
import { halfEven } from './rounding.ts';
import type { Solver } from './solvers/solver.ts';
import type { Level, NoiseSchedule, SchedulerConfig } from './types.ts';

export type ScheduleId = 'bundle' | 'trailing' | 'karras' | 'exponential';

export interface LevelOptions {
  /** Says at which level the last step ends, and may have timesteps of its own. */
  readonly solver: Pick<Solver, 'final' | 'timesteps'>;
  readonly schedule?: ScheduleId;
  /** Round timesteps to trained ones (default), as networks with an int64 input need. */
  readonly quantise?: boolean;
}

/** Least ᾱ where σ must stay finite: the smallest positive half float, as diffusers takes for zero-SNR schedules. */
const LEAST_ALPHA_BAR = 2 ** -24;
/** Curvature of the Karras schedule (Karras et al. 2022, Eq. 5). */
const RHO = 7;

function sigmaOf(alphaBar: number): number {
  const floored = Math.max(alphaBar, LEAST_ALPHA_BAR);
  return Math.sqrt((1 - floored) / floored);
}

function betasOf(config: SchedulerConfig): number[] {
  if (config.trainedBetas) return [...config.trainedBetas];
  const count = config.trainTimesteps;
  const ramp = (from: number, to: number) =>
    Array.from({ length: count }, (_, i) => from + ((to - from) * i) / Math.max(1, count - 1));
  switch (config.betaSchedule) {
    case 'linear':
      return ramp(config.betaStart, config.betaEnd);
    case 'scaled_linear':
      return ramp(Math.sqrt(config.betaStart), Math.sqrt(config.betaEnd)).map((root) => root * root);
    case 'squaredcos_cap_v2': {
      // Nichol & Dhariwal 2021, Eq. 17.
      const bar = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
      return Array.from({ length: count }, (_, i) =>
        Math.min(0.999, 1 - bar((i + 1) / count) / bar(i / count)),
      );
    }
  }
}

/** Cumulative alphas ᾱ of every training timestep, index = timestep. */
export function alphaBars(config: SchedulerConfig): Float64Array {
  const betas = betasOf(config);
  if (!betas.every((beta) => beta >= 0 && beta < 1)) {
    throw new AppError('bundle-invalid', 'the noise schedule holds betas outside 0 to 1', {
      doing: 'reading the scheduler',
      hint: 'Check scheduler_config.json of the model.',
    });
  }
  const bars = new Float64Array(betas.length);
  let product = 1;
  for (const [t, beta] of betas.entries()) {
    product *= 1 - beta;
    bars[t] = product;
  }
  if (!config.rescaleBetasZeroSnr) return bars;
  // Lin et al. 2024, Algorithm 1: shift and scale √ᾱ so that the last step is pure noise.
  const first = Math.sqrt(bars[0]!);
  const last = Math.sqrt(bars[bars.length - 1]!);
  return bars.map((bar) => (((Math.sqrt(bar) - last) * first) / (first - last)) ** 2);
}

/** Timesteps of `steps` evenly spaced levels, ascending, as diffusers spaces them; possibly fractional for linspace. */
function spacedTimesteps(
  { stepsOffset }: SchedulerConfig,
  spacing: SchedulerConfig['timestepSpacing'],
  { steps, count }: { readonly steps: number; readonly count: number },
): number[] {
  switch (spacing) {
    case 'leading': {
      const stride = Math.floor(count / steps);
      // The offset gives way when every training timestep is visited, else the last would lie outside the table.
      const offset = Math.min(stepsOffset, count - 1 - stride * (steps - 1));
      return Array.from({ length: steps }, (_, i) => i * stride + offset);
    }
    case 'linspace':
      // One step alone is the noisiest: the samplers start there, whatever numpy's linspace would give.
      return Array.from({ length: steps }, (_, i) =>
        steps === 1 ? count - 1 : (i * (count - 1)) / (steps - 1),
      );
    case 'trailing':
      return Array.from({ length: steps }, (_, i) => halfEven(count - ((steps - 1 - i) * count) / steps) - 1);
  }
}

/** get_sigmas_karras of k-diffusion: n values from max to min, equally spaced in σ^(1/ρ) (Karras et al. 2022, Eq. 5). */
export function karrasSigmas(n: number, min: number, max: number, rho = RHO): number[] {
  return rampDown(n, (u) => (max ** (1 / rho) + u * (min ** (1 / rho) - max ** (1 / rho))) ** rho);
}

/** get_sigmas_exponential of k-diffusion: n values from max to min, equally spaced in log σ. */
export function exponentialSigmas(n: number, min: number, max: number): number[] {
  return rampDown(n, (u) => Math.exp(Math.log(max) + u * (Math.log(min) - Math.log(max))));
}

function rampDown(n: number, at: (u: number) => number): number[] {
  return Array.from({ length: n }, (_, i) => at(n === 1 ? 0 : i / (n - 1)));
}

/** Timestep whose trained σ equals this one, interpolated in log σ and clamped to the table. */
function timestepOf(sigma: number, logSigmas: readonly number[]): number {
  const log = Math.log(sigma);
  const above = logSigmas.findIndex((value) => value >= log);
  if (above === 0) return 0;
  if (above < 0) return logSigmas.length - 1;
  const [low, high] = [logSigmas[above - 1]!, logSigmas[above]!];
  return above - 1 + (log - low) / (high - low);
}

/**
 * The levels of `steps` sampling steps (1 to the count of training timesteps).
 * The solver says where they end.
 */
export function makeLevels(config: SchedulerConfig, steps: number, options: LevelOptions): NoiseSchedule {
  const bars = alphaBars(config);
  const count = bars.length;
  if (!Number.isInteger(steps) || steps < 1 || steps > count) {
    throw new AppError('usage', `${steps} steps are not possible with this model`, {
      doing: 'planning the steps',
      hint: `Choose between 1 and ${count} steps.`,
    });
  }
  const quantise = options.quantise ?? true;
  const whole = (t: number) => (quantise ? halfEven(t) : t);
  const schedule = options.schedule ?? 'bundle';
  const trailing = schedule === 'trailing';
  const own = trailing ? null : options.solver.timesteps?.(config, steps);
  const spacing = trailing ? 'trailing' : config.timestepSpacing;
  const spaced = (own ?? spacedTimesteps(config, spacing, { steps, count })).map(whole).reverse();
  // Noise prediction says nothing about the picture where none of it is left.
  if (config.prediction === 'epsilon' && bars[Math.ceil(spaced[0]!)] === 0) {
    throw new AppError(
      'usage',
      `${steps} steps visit a timestep of pure noise, which this model cannot predict from`,
      {
        doing: 'planning the steps',
        hint: 'Choose fewer steps, 50 for instance.',
      },
    );
  }
  const levels =
    schedule === 'karras' || schedule === 'exponential'
      ? bent(schedule, spaced, bars, whole)
      : spaced.map((t) => levelAt(t, bars));
  const final = options.solver.final(config, levelAt(0, bars));
  return { levels, final };
}

function levelAt(timestep: number, bars: Float64Array): Level {
  const low = Math.floor(timestep);
  const bar = bars[low];
  assert(bar !== undefined, `timestep ${timestep} lies within the schedule`);
  if (low === timestep) return { timestep, alphaBar: bar, sigma: sigmaOf(bar) };
  // Between trained timesteps σ is interpolated, as diffusers' Euler does.
  const sigma = sigmaOf(bar) + (timestep - low) * (sigmaOf(bars[low + 1]!) - sigmaOf(bar));
  return { timestep, alphaBar: 1 / (sigma * sigma + 1), sigma };
}

/** Karras or exponential σ between the ends of the bundle's own spacing; each takes the nearest trained timestep. */
function bent(
  schedule: 'karras' | 'exponential',
  spaced: readonly number[],
  bars: Float64Array,
  whole: (t: number) => number,
): Level[] {
  const max = levelAt(spaced[0]!, bars).sigma;
  const min = levelAt(spaced[spaced.length - 1]!, bars).sigma;
  const logSigmas = Array.from(bars, (bar) => Math.log(sigmaOf(bar)));
  const sigmas = (schedule === 'karras' ? karrasSigmas : exponentialSigmas)(spaced.length, min, max);
  return sigmas.map((sigma) => ({
    timestep: whole(timestepOf(sigma, logSigmas)),
    alphaBar: 1 / (sigma * sigma + 1),
    sigma,
  }));
}

/** By what they are: schedules of one shot have their own. */
export function isSameLevel(a: Level, b: Level): boolean {
  return a.timestep === b.timestep && a.alphaBar === b.alphaBar && a.sigma === b.sigma;
}
