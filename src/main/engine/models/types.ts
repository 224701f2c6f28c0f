/**
 * A model bundle as functions. Opened by models/open.ts; nothing above it knows of ONNX. Long, since it is all that others may know of
 * a bundle, in one place.
 */
import type { LoraUse } from '../../../common/settings/loras.ts';
import type { MemoryUse } from '../../../common/settings/model.ts';
import type {
  AttentionSites,
  Conditioning,
  DifferentiatedBy,
  Latent,
  LatentShape,
  Predict,
  RecordCall,
  SchedulerConfig,
} from '../diffusion/types.ts';
import type { Flow } from '../flow/flow.ts';
import type { Provider } from '../onnx/ort.ts';
import type { FusedOperator } from '../onnx/passes/fused-attention.ts';
import type { LearntOptions } from '../onnx/passes/learnt-weights.ts';
import type { Heads } from './fused-trial.ts';
import type { LearntWeights } from './learnt.ts';
import type { Foretold } from './memory/foretold.ts';
import type { Embedding, PromptReading, ReadPrompt } from './prompt/reader.ts';
import type { RecordedPicture } from './roles/vae-decoder.ts';
import type { AskedTiles } from './tiles/choice.ts';

export interface BundleDigests {
  /** sha256 hex of everything that changes the numbers of that part: graph, weights, configuration. */
  readonly unet: string;
  readonly vaeEncoder: string;
  readonly vaeDecoder: string;
  readonly textEncoder: string;
  readonly tokenizer: string;
  readonly scheduler: string;
  /** Absent where the network takes no depth or the bundle cannot estimate it. */
  readonly depthEstimator?: string;
  /** Absent where the bundle has none. */
  readonly flowEstimator?: string;
  readonly interpolator?: string;
}

/** Estimates how near things are. Its network is loaded with the first picture and released with the bundle. */
export interface DepthEstimator {
  /** Size in pixels at which it looks at a picture of that size. @throws AppError bundle-invalid for one it cannot run at */
  sizeFor(picture: { readonly width: number; readonly height: number }): { width: number; height: number };
  /**
   * RGB8 (h·w·3) to a map of its own size and scale, larger is nearer; it may hold NaN.
   * @throws AppError bundle-invalid, model-failed
   */
  estimate(
    rgb: Uint8Array,
    size: { readonly width: number; readonly height: number },
  ): Promise<{ data: Float32Array; width: number; height: number }>;
}

/** A network that estimates motion, in place of Retake's own dense inverse search. Loaded with the first pair. */
export interface FlowEstimator {
  /**
   * RGB8 (h·w·3) of any size to the motion from a to b, at their size; it may hold NaN.
   * @throws AppError bundle-invalid, model-failed
   */
  estimate(a: Uint8Array, b: Uint8Array, width: number, height: number): Promise<Flow>;
}

/**
 * RGB8 (h·w·3) at a time between a (0) and b (1), by default in the middle. Its network is loaded with the first pair.
 * @throws AppError usage for another time than the middle where the network knows no other; bundle-invalid, not-finite
 */
export type Interpolate = (
  a: Uint8Array,
  b: Uint8Array,
  size: { readonly width: number; readonly height: number },
  time?: number,
) => Promise<Uint8Array>;

export interface Tokens {
  /** Padded to the tokenizer's length, one array per text encoder. */
  readonly ids: readonly Int32Array[];
  /** Set when the prompt was longer than the model reads; holds the text that was cut. */
  readonly cut: string | null;
}

export interface Canvas {
  readonly width: number | null;
  readonly height: number | null;
}

/** A LoRA in use. */
export interface LoraFacts {
  /** Of its file. */
  readonly name: string;
  readonly path: string;
  readonly strength: number;
  readonly digest: string;
  /** How many layers it adds to. */
  readonly layers: { readonly unet: number; readonly text: number };
  /** What of the file the model does not have, as the file names it. */
  readonly unmatched: readonly string[];
}

/** Of one network. */
export interface SelfAttentionFacts {
  /** How many are written out and can be one operator. */
  readonly written: number;
  /** How many are written in a way that is not understood. */
  readonly strange: number;
  /** Of those that are written out, each pair once. */
  readonly kinds: readonly Heads[];
  /** Numbers in the scores of the largest for one frame alone, by the square of the latent's area. */
  readonly largest: number;
  /** Whether the graph may hold the standard's operator. */
  readonly standard: boolean;
}

/** The VAE is both of its halves. */
export type AttentionFacts = Readonly<Record<'unet' | 'vae', SelfAttentionFacts>>;

/** What computes self-attention; null is as the network's file has it. ControlNets go with the UNet. */
export interface FusedParts {
  readonly unet: FusedOperator | null;
  readonly vae: FusedOperator | null;
}

/** With the reason where it stays as it is. */
export interface ChosenAttention extends FusedParts {
  readonly why: Readonly<Partial<Record<'unet' | 'vae', string>>>;
}

/** What matters of a network's weights, as they lie in their file. */
export interface WeightsInFile {
  /** Bytes in float32. */
  readonly full: number;
  /** So much is of half precision that each layer may widen its own. */
  readonly half: boolean;
  /** Matrices lie as (out, in), which is read as fast in place; those of exports are turned and gain from being copied. */
  readonly inPlace: boolean;
}

/** What a bundle is, known without loading a network. */
export interface BundleFacts {
  readonly dir: string;
  readonly name: string;
  readonly kind: 'sd' | 'sd-depth' | 'sd-inpainting' | 'sdxl' | 'sdxl-inpainting';
  readonly scheduler: SchedulerConfig;
  readonly digests: BundleDigests;
  readonly latentChannels: number;
  readonly unetWeights: WeightsInFile;
  /** Channels of the UNet's first level. */
  readonly width: number;
  /** Extra input channels of the network after the latent (1 for depth, 5 for inpainting), 0 for none: models/structure.ts. */
  readonly structureChannels: number;
  /** Numbers that stand for a token of a prompt; null where the network does not tell. */
  readonly textWidth: number | null;
  /** The network was distilled and is told the guidance: it runs once for a frame, whatever the guidance. */
  readonly toldGuidance: boolean;
  /** Pixels per latent element along a side (8). */
  readonly factor: number;
  /** Canvas sides must be multiples of this: factor · 2^(levels-1). */
  readonly grid: number;
  /** Side in pixels of the square the network was trained on. */
  readonly nativeSize: number;
  /** Size in pixels an export froze, per side; null where any will do. */
  readonly frozen: Canvas;
  /** A prompt as its text encoders take it; without `how`, as its plain text. */
  readonly readPrompt: ReadPrompt;
  /** What may stand in prompts, as the files that hold it are called; digests are those of the files. */
  readonly embeddings: readonly Pick<Embedding, 'names' | 'path' | 'digest'>[];
  /** In the order in which they were asked for. */
  readonly loras: readonly LoraFacts[];
  readonly selfAttention: AttentionFacts;
  /** Why its VAE cannot work in tiles, as far as its graphs tell; null where nothing speaks against it. */
  readonly untiled: string | null;
  /** Bytes that the VAE makes beside its weights: of a whole picture at once, of which attention that is written out takes `scores`, and in tiles. */
  readonly vaeMemory: (latent: Pick<LatentShape, 'height' | 'width'>) => {
    readonly whole: number;
    readonly scores: number;
    readonly tiled: number;
  };
}

/** Networks of a bundle that are held and let go by themselves; XL's two text encoders go together, and so do ControlNets. */
export type BundlePart = 'unet' | 'vaeEncoder' | 'vaeDecoder' | 'textEncoder' | OptionalPart;
type OptionalPart = 'depthEstimator' | 'flowEstimator' | 'interpolator' | 'controlNet';

export interface OpenControlNet {
  readonly path: string;
  /** sha256 hex of all that changes its numbers. */
  readonly digest: string;
}

export interface Bundle extends BundleFacts {
  /** Null where the network takes no depth or the bundle cannot estimate it. */
  readonly depth: DepthEstimator | null;
  /** Null where the bundle has none. */
  readonly flow?: FlowEstimator | null;
  /** Null where the bundle has none. */
  readonly interpolate?: Interpolate | null;
  /** Those that it was opened with, in that order. */
  readonly controlNets: readonly OpenControlNet[];
  /** What computes its self-attention, which its digests know of. */
  readonly attention: ChosenAttention;
  /** What of its UNet is learnt on a shot; null where it was not opened for that. */
  readonly learnt: LearntWeights | null;
  /** Number of self-attention sites compiled with a bank. */
  readonly siteCount: number;
  /** What work on latents of this shape will take: docs/performance.md says how exactly. */
  memory(shape: LatentShape): Foretold;
  /** Counted since the bundle was opened; a guided UNet call runs two branches. */
  readonly calls: {
    unet: number;
    unetBranches: number;
    /** Of those, calls of its outermost layers alone. */
    unetShallow: number;
    /** Of those, calls that could be followed backwards, which take about four times as long. */
    unetRecorded: number;
    vaeEncoder: number;
    vaeDecoder: number;
    textEncoder: number;
    flowEstimator: number;
    interpolator: number;
    controlNet: number;
  };
  /** Wall seconds inside bare session.run, for the overhead benchmark. */
  readonly runSeconds: PerPart<number>;
  /** Whether a part's session is open, and how often it was opened. */
  readonly sessions: PerPart<{ readonly open: boolean; readonly opened: number }>;

  tokenize(prompt: string): Tokens;
  /** size: canvas in pixels, which XL models take as a condition. */
  embed(
    prompt: string | PromptReading,
    size: { width: number; height: number },
    onCall?: () => void,
  ): Promise<Conditioning>;
  /** RGB 0..255 (h·w·3, sides multiples of factor) to the scaled mean latent s·E(x). */
  encode(rgb: Uint8Array | Float32Array, width: number, height: number): Promise<Latent>;
  /** Scaled latent to RGB float32 (h·w·3, interleaved, 0..1, clamped). */
  decode(latent: Latent, shape: LatentShape, options?: DecodeOptions): Promise<Float32Array>;
  /** The same as a whole, to be followed back to the latent; opened with `steers` alone. */
  recordPicture(latent: Latent, shape: LatentShape): Promise<RecordedPicture>;
  /** How often each half of the VAE worked in tiles. */
  readonly tiled: { encode: number; decode: number };
  /**
   * The network for latents of this shape.
   * @param onLess told once, when the rows of a call are parted because a graphics card has no room for them
   */
  predict(shape: LatentShape, onLess?: () => void): Predict;
  /** The network for latents of this shape, followed backwards. Only of a bundle that was opened for gradients. */
  record(shape: LatentShape): RecordCall;
  /**
   * Whether all that it was opened to be followed back by can be: told from the graphs, at no session and no call.
   * @throws AppError bundle-invalid naming operator, node and file
   */
  checkFollowed(shape: LatentShape): void;
  /** Prepares and proves the tiles of what works in tiles at this size. @throws AppError bundle-invalid, Cancelled */
  readyTiles(shape: LatentShape): Promise<void>;
  /** Opens a part's session before its first use. @throws Cancelled, AppError */
  open(part: BundlePart): Promise<void>;
  /** Gives back the memory of a part that is not needed for now; its next use opens it again. */
  release(part: BundlePart): Promise<void>;
  close(): Promise<void>;
}

export interface DecodeOptions {
  /** Whether it works in tiles does not depend on what is free just then: for pictures that sampling goes on from. */
  readonly steady?: boolean;
}

export type PerPart<T> = Record<Exclude<BundlePart, OptionalPart>, T> & Partial<Record<OptionalPart, T>>;

export type AskedPrediction = 'auto' | 'epsilon' | 'v_prediction';

/** Folders of networks that take the place of the model's own; null leaves it. */
export interface MotionNetworks {
  readonly flow: string | null;
  readonly interpolator: string | null;
}

export interface OpenBundleOptions {
  readonly sites: AttentionSites;
  /** Paths of ControlNets beside the UNet, each once; `control` of what it predicts counts them. */
  readonly controlNets?: readonly string[] | undefined;
  /** Paths of those that do nothing in this take: checked as the others are, never opened. */
  readonly idleControlNets?: readonly string[] | undefined;
  /** Whether frames of one call may attend to each other; off by default. Wants sites. */
  readonly joint?: boolean;
  /** Whether calls may reuse what the network's depth made in earlier ones; off by default. */
  readonly reuse?: boolean;
  /** What of the UNet is learnt on the shot; nothing unless said. */
  readonly learnt?: LearntOptions | null;
  /** By what calls of the network may be differentiated; nothing unless said. */
  readonly gradients?: readonly DifferentiatedBy[];
  readonly motion?: MotionNetworks;
  /** Paths of embeddings (textual inversion) that prompts may name. */
  readonly embeddings?: readonly string[];
  /** Execution provider, already probed. */
  readonly provider: Provider;
  readonly threads?: number;
  /** How UNet and ControlNets are held on the processor; as they always were where it is not said. */
  readonly memory?: MemoryUse;
  /** What the network predicts, where the artist says so; "auto" is what its file or family says. */
  readonly prediction?: AskedPrediction;
  /** Faster for stores of digests: called with (path, size, mtimeMs) before a weights file is hashed. */
  readonly digestStore?: DigestStore;
  readonly signal?: AbortSignal;
  /** Added to UNet and text encoders; none unless said. */
  readonly loras?: readonly LoraUse[];
  /** What is to compute self-attention; as the files have it unless said. */
  attention?(model: BundleFacts): Promise<ChosenAttention>;
  /** Whether pictures may be followed back to their latents; off unless said. */
  readonly steers?: boolean;
  /** Whether the VAE works in tiles; off unless said. */
  readonly vaeTiles?: AskedTiles;
  /** Bytes that are free when it is called; without it the whole is taken to fit. */
  readonly freeMemory?: () => number;
}

export interface DigestStore {
  get(path: string, size: number, mtimeMs: number): string | null;
  set(path: string, size: number, mtimeMs: number, digest: string): void;
  /** To be told every file whose digest was asked for, small ones too, which are never kept. */
  onDigest?(path: string, digest: string): void;
}
