/** A small closed-form network with everything the driver can ask for: timestep, text, structure, attention, features. */
import type {
  Conditioning,
  DeepFeatures,
  Features,
  Latent,
  LatentShape,
  Predict,
  PredictInput,
  SchedulerConfig,
} from '../../src/main/engine/diffusion/types.ts';

/** Stable Diffusion's own schedule. */
export const SD_SCHEDULER: SchedulerConfig = {
  className: 'PNDMScheduler',
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

export const SHAPE: LatentShape = { channels: 4, height: 2, width: 3 };
export const SIZE = 24;

export function text(value: number): Conditioning {
  return { hidden: Float32Array.of(value), tokens: 1, dim: 1 };
}

/** Smooth in the latent, so that inversion converges; different for every other input. */
function answer(
  { latent, timestep, structure, attention }: PredictInput,
  branch: number,
  condition: number,
  joint: readonly Latent[],
): Latent {
  const bank = attention?.bank ?? [];
  return latent.map((value, i) => {
    let seen = attention && !attention.self ? 0 : value;
    for (const [place, { sites }] of bank.entries()) seen += sites[0]!.data[branch * SIZE + i]! / (place + 2);
    for (const [place, other] of joint.entries()) seen += other[i]! / (place + 3);
    return (
      0.7 * value +
      0.2 * Math.sin(1.3 * seen + 0.2 * i + condition) +
      0.1 * Math.cos(timestep / 150 + condition) +
      0.05 * (structure?.[i % structure.length] ?? 0)
    );
  });
}

/** What is slow to change with the latent, and what `answer` makes of it: a depth, and a layer around it. */
function depthOf({ latent, branches }: PredictInput): DeepFeatures {
  return {
    blocks: branches.map(() => latent.map((value) => Math.sin(value))),
    dims: [SHAPE.channels, SHAPE.height, SHAPE.width],
  };
}

/** The same network with a depth, which a call is given or makes. */
export function deepNetwork(log?: PredictInput[]): Predict {
  const around = smoothNetwork(log);
  return async (inputs, joint) => {
    const made = await around(inputs, joint);
    return inputs.map((input, i) => {
      const deep = input.deep ?? depthOf(input);
      const outputs = made[i]!.outputs.map((output, b) => {
        const block = deep.blocks[deep.blocks.length - input.branches.length + b]!;
        return output.map((value, at) => value + 0.1 * block[at]!);
      });
      return { ...made[i]!, outputs, ...(input.keepDeep && { deep }) };
    });
  };
}

/** Every frame that is asked about goes to `log`, where given. */
export function smoothNetwork(log?: PredictInput[]): Predict {
  return async (inputs, joint = false) => {
    log?.push(...inputs);
    const others = joint ? inputs.map(({ latent }) => latent) : [];
    return inputs.map((input) => {
      const outputs = input.branches.map(({ hidden }, branch) => answer(input, branch, hidden[0]!, others));
      if (!input.capture) return { outputs };
      const data = Float32Array.from(outputs.flatMap((out) => Array.from(out, Math.tanh)));
      const features: Features = { sites: [{ branches: outputs.length, tokens: 1, channels: SIZE, data }] };
      return { outputs, features };
    });
  };
}

export function maxDiff(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return a.length === b.length ? worst : Number.POSITIVE_INFINITY;
}

export function rms(a: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! ** 2;
  return Math.sqrt(sum / a.length);
}
