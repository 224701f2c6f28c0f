/** A network that is a formula, with all that a method's runs can ask of one: what depends on whom shows in the numbers. */
import type { Conditioning, Features, LatentShape, Predict, SchedulerConfig } from '../diffusion/types.ts';

/** Stable Diffusion's own schedule. */
export const SCHEDULER: SchedulerConfig = {
  className: 'DDIMScheduler',
  trainTimesteps: 1000,
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: 'scaled_linear',
  trainedBetas: null,
  setAlphaToOne: false,
  stepsOffset: 1,
  timestepSpacing: 'leading',
  prediction: 'epsilon',
  clipSample: false,
  rescaleBetasZeroSnr: false,
};

export const SHAPE: LatentShape = { channels: 4, height: 4, width: 6 };
export const AREA = SHAPE.height * SHAPE.width;
export const SIZE = SHAPE.channels * AREA;

export function textOf(value: number): Conditioning {
  return { hidden: Float32Array.of(value), tokens: 1, dim: 1 };
}

export function formulaNetwork(): Predict {
  return async (inputs, joint = false) =>
    inputs.map(({ latent, timestep, branches, attention, capture }) => {
      const outputs = branches.map(({ hidden }, branch) =>
        latent.map((value, i) => {
          let seen = attention && !attention.self ? 0 : value;
          for (const [place, { sites }] of (attention?.bank ?? []).entries())
            seen += sites[0]!.data[branch * SIZE + i]! / (place + 2);
          if (joint) for (const [place, other] of inputs.entries()) seen += other.latent[i]! / (place + 3);
          return 0.7 * value + 0.2 * Math.sin(1.3 * seen + hidden[0]!) + 0.1 * Math.cos(timestep / 150);
        }),
      );
      if (!capture) return { outputs };
      const data = Float32Array.from(outputs.flatMap((out) => Array.from(out, Math.tanh)));
      const features: Features = { sites: [{ branches: outputs.length, tokens: 1, channels: SIZE, data }] };
      return { outputs, features };
    });
}
