/** A small closed-form network with everything the driver can ask for: timestep, text, structure, attention, features. */
import type {
  Conditioning,
  DeepFeatures,
  Features,
  Latent,
  LatentShape,
  Predict,
  PredictInput,
  RecordCall,
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

/** What the answer is a sine of. */
function phases(
  { latent, attention }: PredictInput,
  branch: number,
  condition: number,
  joint: readonly Latent[],
): Latent {
  const bank = attention?.bank ?? [];
  return latent.map((value, i) => {
    let seen = attention && !attention.self ? 0 : value;
    for (const [place, { sites }] of bank.entries()) seen += sites[0]!.data[branch * SIZE + i]! / (place + 2);
    for (const [place, other] of joint.entries()) seen += other[i]! / (place + 3);
    return 1.3 * seen + 0.2 * i + condition;
  });
}

/** Smooth in the latent, so that inversion converges; different for every other input. */
function answer(input: PredictInput, branch: number, condition: number, joint: readonly Latent[]): Latent {
  const { latent, timestep, structure } = input;
  const sines = phases(input, branch, condition, joint);
  return latent.map((value, i) => {
    return (
      0.7 * value +
      0.2 * Math.sin(sines[i]!) +
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

/** Derivatives of the answers in closed form. Calls go to `log`, cotangents that are pulled too. */
export function smoothRecord(log: PredictInput[] = [], network = smoothNetwork(log)): RecordCall {
  return async (inputs, by, together = false) => {
    if (together === 'causal') throw new Error('its frames see themselves, or all');
    const joint = together;
    const outputs = await network(inputs, joint);
    const others = joint ? inputs.map(({ latent }) => latent) : [];
    // d sine / d seen, per frame and branch.
    const slopes = inputs.map((input) =>
      input.branches.map(({ hidden }, b) => phases(input, b, hidden[0]!, others).map((at) => Math.cos(at))),
    );
    return {
      outputs,
      async pull(cotangents, of) {
        if (of.some((one) => !by.includes(one))) throw new Error('recorded for something else');
        const latents = inputs.map(({ latent, attention }, frame) => {
          const own = attention && !attention.self ? 0 : 1;
          return latent.map((_, i) => {
            let sum = 0;
            for (const [to, branches] of cotangents.entries()) {
              for (const [b, cotangent] of branches.entries()) {
                if (!cotangent) continue;
                const seen = (to === frame ? own : 0) + (joint ? 1 / (frame + 3) : 0);
                sum += cotangent[i]! * ((to === frame ? 0.7 : 0) + 0.2 * 1.3 * seen * slopes[to]![b]![i]!);
              }
            }
            return sum;
          });
        });
        const texts = inputs.map(({ branches, timestep }, frame) =>
          branches.map(({ hidden }, b) => {
            const wave = -0.1 * Math.sin(timestep / 150 + hidden[0]!);
            const cotangent = cotangents[frame]![b];
            const all = cotangent?.reduce(
              (sum, value, i) => sum + value * (0.2 * slopes[frame]![b]![i]! + wave),
              0,
            );
            return Float32Array.of(all ?? 0);
          }),
        );
        return { ...(of.includes('latent') && { latents }), ...(of.includes('text') && { texts }) };
      },
    };
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
