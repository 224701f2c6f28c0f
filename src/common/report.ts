/** What a finished edit says of itself; written beside the take as JSON and kept with the job. */

import type { TakeFormat } from './formats/registry.ts';
import type { ClipInfo, Fit, FrameRange, Rational } from './media.ts';
import { groupsOfFlat } from './settings/flat.ts';
import { withPlainBrackets } from './settings/plain-brackets.ts';
import { type EditSettings, editSettings } from './settings/settings.ts';

export interface ProviderTrial {
  readonly provider: string;
  readonly ok: boolean;
  readonly reason: string;
  /** Of the whole trial. */
  readonly milliseconds: number;
  /** It is the processor in disguise. */
  readonly software?: boolean;
  /** Milliseconds that a call of a trial network takes on it and on the processor beside it; null where none was timed. */
  readonly call?: number | null;
  readonly cpu?: number | null;
}

/** How frames follow the prompts, by an image-text model: cosines -1..1. */
export interface ImageTextScores {
  /** CLIP-Text: mean cosine of the frames and the prompt. */
  readonly prompt: number;
  /** The same for the source prompt; null where that is empty or the prompt itself. */
  readonly source: number | null;
  /** Tem-Con: mean cosine of consecutive frames; null for a single one. */
  readonly consecutive: number | null;
  /** Frame-Acc: share 0..1 of frames nearer to the prompt than to the source prompt. */
  readonly frameAccuracy: number | null;
}

/**
 * Work by what it is for, in network calls; flow is counted alike where no network estimates it. Of `nullText` those of
 * `nullTextBack` were followed backwards: a plan counts the most that there can be.
 */
export const WORKS = [
  ...(['embed', 'estimate', 'flow', 'segment', 'encode', 'invert', 'check'] as const),
  ...(['nullText', 'nullTextBack', 'learn'] as const),
] as const;
export type Work = (typeof WORKS)[number];

/** What of the derived things was found and what was made, by kind, and the work that making it took. */
export interface DerivedCounts {
  readonly kinds: Readonly<Partial<Record<string, { readonly found: number; readonly made: number }>>>;
  readonly calls: Readonly<Record<Work, number>>;
}

export interface TakeReport {
  readonly retake: string;
  readonly job: string;
  readonly settings: EditSettings;
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  /** Frames of the take, 0-based, that its clip does not have; absent where it has those of the range. */
  readonly made?: readonly number[];
  readonly canvas: Fit;
  /** As completed by the method's defaults. */
  readonly method: {
    readonly id: string;
    readonly params: unknown;
    readonly solver: string;
    /** Absent for methods of Retake. */
    readonly plugin?: {
      readonly id: string;
      readonly version: string;
      readonly api: number;
      readonly name: string;
      /** Digest of what it was made of. */
      readonly files: string;
      /** Whether it promises the same from the same. */
      readonly deterministic: boolean;
    };
  };
  readonly bundle: {
    readonly name: string;
    readonly kind: string;
    readonly prediction: string;
    readonly digests: Readonly<Record<string, string>>;
    /** Absent where none was given: words that stand for it in prompts, and sha256 of the file. */
    readonly embeddings?: readonly { readonly words: readonly string[]; readonly digest: string }[];
  };
  /** ControlNets that did something, in the order of their settings; absent where none did. */
  readonly controls?: readonly {
    readonly path: string;
    readonly digest: string;
    readonly condition: string;
    readonly scale: number;
    readonly start: number;
    readonly end: number;
  }[];
  /** What was added to the network, in order; `unmatched` is what of a file the network does not have. Absent where nothing was. */
  readonly loras?: readonly {
    readonly name: string;
    readonly strength: number;
    readonly digest: string;
    /** How many layers of each it added to. */
    readonly layers: { readonly unet: number; readonly text: number };
    readonly unmatched: readonly string[];
  }[];
  /** Where the network's depth came from, or what an inpainting network made anew; null for networks that take the latent alone. */
  readonly structure: { readonly source: 'clip' | 'estimator' | 'mask' | 'frame' } | null;
  /** How many pictures the VAE encoded and decoded in tiles; absent where it worked on each as a whole. */
  readonly vaeTiles?: { readonly encode: number; readonly decode: number };
  readonly provider: { readonly used: string; readonly tried: readonly ProviderTrial[] };
  /** The operator that computed self-attention, null where it was as the file has it, and why. Absent in reports of before. */
  readonly attention?: Readonly<
    Record<'unet' | 'vae', { readonly operator: string | null; readonly why?: string }>
  >;
  readonly inversion: {
    /** Frames whose start latent came out of an inversion; 0 for methods that start from noise. */
    readonly frames: number;
    readonly fromCache: number;
    readonly computed: number;
    readonly unetCalls: number;
    /** 8-bit PSNR in dB between decoded source latent and its reconstruction at guidance 1, of the frames that were checked. */
    readonly reconstruction: {
      readonly frames: number;
      /** How many of those were checked when they were inverted earlier, and came with the cached latent. */
      readonly fromCache: number;
      readonly meanPsnr: number;
      readonly minPsnr: number;
    } | null;
    /** Further network calls spent on that check. */
    readonly checkUnetCalls: number;
    /** Empty prompts that were tuned; absent where none were. */
    readonly nullText?: {
      /** One for all frames, or one for each. */
      readonly shared: boolean;
      readonly made: number;
      readonly fromCache: number;
      /** Of all of them, as they are kept. */
      readonly bytes: number;
      /** 8-bit PSNR in dB between decoded source latent and what the source prompt makes at full guidance with them, and without; null where it was not measured. */
      readonly psnr: number | null;
      readonly plainPsnr: number | null;
    };
  };
  /** What the network learnt on the shot; absent where it learnt nothing. */
  readonly tuned?: {
    /** Under which it is kept, to be saved as a LoRA. */
    readonly key: string;
    readonly made: boolean;
    /** Mean squared error before each step that was taken. */
    readonly losses: readonly number[];
  };
  /** Absent in reports of before. */
  readonly derived?: DerivedCounts;
  /** How far what a brush carried to each frame can be relied on, 0..1; null where it is not known. Absent where none was painted. */
  readonly brushConfidence?: readonly (number | null)[];
  readonly sampling: {
    readonly unetCalls: number;
    /** Guidance branches run by those calls: two a call, one with guidance 1 and in steps where it rests. */
    readonly unetBranches: number;
    /** Of those calls, the ones that ran the outermost layers alone; absent where nothing was reused. */
    readonly unetShallow?: number;
    /** Of those calls, the ones that could be followed backwards; absent where none was. */
    readonly unetRecorded?: number;
    /** Frames that went through ControlNets; absent where none did anything. */
    readonly controlCalls?: number;
    readonly resumedFrom: { step: number; visit: number } | null;
  };
  readonly seconds: {
    readonly open: number;
    /** Estimating motion; absent in reports of before. */
    readonly flow?: number;
    /** Learning the shot; absent in reports of before. */
    readonly learn?: number;
    readonly invert: number;
    readonly sample: number;
    readonly encode: number;
    readonly total: number;
    /** Inside bare session.run, per network. */
    readonly run: Readonly<Record<string, number>>;
  };
  readonly peakMemoryBytes: number;
  readonly take: TakeFile;
  /** Null where no image-text model was named. */
  readonly imageText: ImageTextScores | null;
  readonly warnings: readonly string[];
}

/** A report as it was written, by this version or one before: settings that came since then have their defaults. */
export function readReport(json: unknown): TakeReport {
  const report = json as TakeReport;
  const settings = withPlainBrackets(groupsOfFlat(report.settings)) as EditSettings;
  return { ...report, settings: editSettings.safeParse(settings).data ?? settings };
}

export interface TakeFile {
  /** The file, or the folder of a sequence. */
  readonly path: string;
  readonly format: TakeFormat;
  readonly bytes: number;
  readonly frames: number;
  readonly rate: Rational;
  readonly width: number;
  readonly height: number;
  /** Of the first frame; null where the clip has none or its rate cannot carry one. */
  readonly timecode: string | null;
  readonly reel: string | null;
  readonly audioStreams: number;
  /** Whether the take is transparent where the clip is. */
  readonly alpha: boolean;
  /** What differs from the source: "padded to 322×242, …". */
  readonly notes: readonly string[];
}
