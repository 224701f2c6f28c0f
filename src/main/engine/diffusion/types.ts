/**
 * The vocabulary of the mathematics. Nothing here knows how a network is run: a bundle supplies `Predict`,
 * solvers and methods consume it.
 */

/** One latent frame, float32, C·h·w values in CHW order. Its shape is carried beside it. */
export type Latent = Float32Array;

export interface LatentShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Text (and, for XL, pooled text and size) conditions of one guidance branch. */
export interface Conditioning {
  /** (tokens, dim) hidden states of the text encoder. */
  readonly hidden: Float32Array;
  readonly tokens: number;
  readonly dim: number;
  /** XL only: pooled projection and the six size and crop numbers. */
  readonly pooled?: Float32Array;
  readonly timeIds?: Float32Array;
}

/** Self-attention features of one frame at one step: per site (branches, tokens, channels), float32. */
export interface Features {
  readonly sites: readonly FeatureBlock[];
}

export interface FeatureBlock {
  readonly branches: number;
  readonly tokens: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** What the depth of the network made of one frame in one call, which its outermost layers read. */
export interface DeepFeatures {
  /** Per guidance branch, float32. */
  readonly blocks: readonly Float32Array[];
  /** Of each: channels, height, width. */
  readonly dims: readonly number[];
}

/** What the reference-attention sites do in one forward pass. Absent: the original network, to the bit. */
export interface Attention {
  /** Features whose tokens are concatenated, in order, in front of the frame's own keys and values. */
  readonly bank: readonly Features[];
  /** Whether the frame's own tokens take part as keys and values. An empty bank requires true. */
  readonly self: boolean;
}

/** How the frames of a call attend, in short: those that do alike may share one. */
export interface Attending {
  /** Frames whose tokens each of them attends to, besides those of its own call. */
  readonly bank: number;
  /** Whether it attends to its own. */
  readonly self: boolean;
  /** Whether all of the call attend to each other. */
  readonly joint: boolean;
}

/** How a ControlNet holds one frame in one call. */
export interface ControlInput {
  /** Which of those that are open. */
  readonly net: number;
  /** What it is held to, at the size of the canvas: bytes (h, w), or (h, w, 3). */
  readonly picture: Uint8Array;
  readonly size: { readonly width: number; readonly height: number };
  /** Of what it adds. */
  readonly scale: number;
}

/** What the network is asked about one frame, in all guidance branches. */
export interface PredictInput {
  /** Network input (already scaled for its parametrisation), shared by the branches. */
  readonly latent: Latent;
  /** Training timestep; integral for networks whose input is int64. */
  readonly timestep: number;
  /** One (conditional only) or two (unconditional, conditional). */
  readonly branches: readonly Conditioning[];
  /** Told to networks that were distilled with it, which others do not read; 1 unless said. */
  readonly guidance?: number;
  /** Extra input channels (depth), (k, h, w), appended after the latent in every branch, never scaled. */
  readonly structure?: Float32Array;
  readonly attention?: Attention;
  /** Absent or empty: the network as it is. The same ControlNets and scales for all frames of a call. */
  readonly control?: readonly ControlInput[];
  /** Return this pass's own features (needed by later frames). */
  readonly capture?: boolean;
  /** Of an earlier call of this frame: only the outermost layers run. All frames of a call have some, or none. */
  readonly deep?: DeepFeatures;
  /** Return what the depth made in this call, which then runs the whole network. */
  readonly keepDeep?: boolean;
}

export interface PredictOutput {
  /** Raw network output per branch, in the order of the request, each a latent of its own (not a view that changes). */
  readonly outputs: readonly Latent[];
  readonly features?: Features;
  readonly deep?: DeepFeatures;
}

/**
 * One call of the network for some frames, which have as many branches each. Together they give what each gives alone,
 * within what another order of additions changes; with `joint` each attends to the tokens of all, in their order.
 */
export type Predict = (frames: readonly PredictInput[], joint?: boolean) => Promise<readonly PredictOutput[]>;

/** What a recorded call can be differentiated by: the network's own input, the text of each branch, weights that are learnt. */
export type DifferentiatedBy = 'latent' | 'text' | 'weights';

/** Products of cotangents with the Jacobian of a recorded call; of what was not asked for nothing is there. */
export interface PulledBack {
  /** Per frame, of the network's input `latent`: the sum over its branches. */
  readonly latents?: readonly Latent[];
  /** Per frame and branch, (tokens, dim). */
  readonly texts?: readonly (readonly Float32Array[])[];
  /** The same of XL's pooled text. */
  readonly pooled?: readonly (readonly Float32Array[])[];
  /** By the name of the weight: the sum over all rows of the call. */
  readonly weights?: ReadonlyMap<string, Float32Array>;
}

/** A call of the network that can be followed backwards. */
interface Recorded {
  readonly outputs: readonly PredictOutput[];
  /**
   * Reverse mode: Σ cotangent · ∂output/∂input. Banks, structure and what ControlNets add are constants. May be asked more than once.
   * @param cotangents per frame and branch, as large as the output; null counts nothing
   */
  pull(
    cotangents: readonly (readonly (Latent | null)[])[],
    by: readonly DifferentiatedBy[],
  ): Promise<PulledBack>;
}

/**
 * `Predict` that remembers how what it answers depends on what it is asked; the whole network runs.
 * @param by whatever may be asked for afterwards
 * @param joint 'causal' where the frames are those of a clip, in order and of one branch each: keys and values are then those of the first
 * and of the one before, which are followed back too. Of bundles that were opened to learn.
 */
export type RecordCall = (
  frames: readonly PredictInput[],
  by: readonly DifferentiatedBy[],
  joint?: boolean | 'causal',
) => Promise<Recorded>;

export type PredictionType = 'epsilon' | 'v_prediction' | 'sample';

/** The fields of a diffusers scheduler_config.json that change the numbers. */
export interface SchedulerConfig {
  readonly className: string;
  readonly trainTimesteps: number;
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  readonly trainedBetas: readonly number[] | null;
  readonly setAlphaToOne: boolean;
  readonly stepsOffset: number;
  readonly timestepSpacing: 'leading' | 'linspace' | 'trailing';
  readonly prediction: PredictionType;
  readonly clipSample: boolean;
  readonly rescaleBetasZeroSnr: boolean;
}

/** A noise level: training timestep, ᾱ (float64) and σ = sqrt((1-ᾱ)/ᾱ). */
export interface Level {
  readonly timestep: number;
  readonly alphaBar: number;
  readonly sigma: number;
  /** The end of a step taken on trial, at which the network is asked before the step is: no frame stands there. */
  readonly trial?: true;
}

/** The road from noise to clean: `levels` noisiest first, one per step, then `final`, at which no network runs. */
export interface NoiseSchedule {
  readonly levels: readonly Level[];
  readonly final: Level;
}

/** Which self-attention layers get a reference bank when the graph is loaded. */
export type AttentionSites = 'none' | 'decoder' | 'all';
