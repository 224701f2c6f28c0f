/** How good a take is, in numbers. Plain data: crosses processes and is kept. */
import type { ImageTextScores } from './report.ts';

/** A number over the frames of a shot, and where it is worst. */
export interface OverFrames {
  readonly value: number;
  readonly worst: {
    /** Of the clip. */
    readonly frame: number;
    readonly value: number;
  };
}

export interface TakeScores {
  readonly take: string;
  readonly frames: number;
  /** Pixels at which pictures are compared: the model's canvas without its padding. */
  readonly width: number;
  readonly height: number;
  /** How well the inversion led back to the clip, dB of the frames that were checked; null where none was. */
  readonly inversion: { readonly frames: number; readonly meanPsnr: number; readonly minPsnr: number } | null;
  /** To the clip; null where that cannot be read. */
  readonly toClip: {
    /** dB, squared errors pooled over the shot; at most 60. */
    readonly psnr: OverFrames;
    /** Mean over frames, -1..1; null for pictures smaller than its window. */
    readonly ssim: OverFrames | null;
  } | null;
  /** Pixel-MSE along the clip's flow, squared 8-bit steps, mean over pairs of frames; null without a clip or a second frame. */
  readonly pixelMse: {
    readonly take: number;
    readonly clip: number;
    /** Of the places, those that are seen in the next frame and were compared, 0..1. */
    readonly compared: number;
    /** What estimated the flow. */
    readonly flow: string;
  } | null;
  /** SSIM of consecutive frames as they stand, mean over pairs; the clip's is null where it cannot be read. */
  readonly consecutiveSsim: { readonly take: number; readonly clip: number | null } | null;
  /** Null where no image-text model was named. */
  readonly imageText: (ImageTextScores & { readonly model: string }) | null;
  /** FVD where the network is the one that FVD is defined with; null where no network was named. */
  readonly frechet: {
    /** Whose features they are. */
    readonly network: string;
    /** sha256 hex of all that changes its numbers. */
    readonly digest: string;
    readonly distance: number;
    /** What the take is compared with: "the clip", or how many reference clips. */
    readonly against: string;
    /** Stretches of frames that became a feature each, of the take and of what it is compared with. */
    readonly stretches: { readonly take: number; readonly reference: number };
    /** Frames in a stretch. */
    readonly length: number;
    /** Numbers in a feature. */
    readonly dimension: number;
  } | null;
  /** What was not measured, and what a number must be read with: one line each. */
  readonly notes: readonly string[];
}

export interface Reading {
  readonly id: keyof TakeScores | keyof ImageTextScores | 'psnr' | 'ssim';
  readonly label: string;
  /** What papers call it. */
  readonly term: string;
  /** As shown everywhere: "31.2 dB". */
  readonly value: string;
  /** One sentence. */
  readonly means: string;
}

/** Below this many dB an inversion leads visibly astray: outlines move, and fine detail is lost. */
export const GOOD_INVERSION = 25;

/** The scores in words, the same for the window and the terminal: the analysis first, since it says best why a take is poor. */
export function readings(scores: TakeScores): readonly Reading[] {
  const { inversion, toClip, pixelMse, consecutiveSsim, imageText, frechet } = scores;
  const all: Reading[] = [];
  const say = (id: Reading['id'], [label, term]: readonly [string, string], value: string, means: string) =>
    all.push({ id, label, term, value, means });
  if (inversion) {
    const good = inversion.minPsnr >= GOOD_INVERSION;
    const means = good
      ? `${GOOD_INVERSION} dB and more are good: the take had what it needs to keep to the clip.`
      : `Under ${GOOD_INVERSION} dB a take strays from its clip whatever the prompt: more steps or more accurate analysis help first.`;
    say('inversion', ['Analysis of the clip', 'inversion, PSNR'], dB(inversion.minPsnr), means);
  }
  if (toClip) {
    const { psnr, ssim } = toClip;
    say(
      'psnr',
      ['Nearness to the clip', 'PSNR'],
      dB(psnr.value),
      `Higher is nearer to the clip; an edit is meant to differ where it edits. Frame ${psnr.worst.frame} is farthest, at ${dB(psnr.worst.value)}.`,
    );
    if (ssim)
      say(
        'ssim',
        ['Structure kept', 'SSIM to the clip'],
        share(ssim.value),
        `1 keeps every structure of the clip. Frame ${ssim.worst.frame} keeps least, ${share(ssim.worst.value)}.`,
      );
  }
  if (pixelMse) {
    const { take, clip, compared } = pixelMse;
    const seen = `${Math.round(100 * compared)} % of the places are seen in the next frame and compared`;
    const text = `Lower is steadier; the clip itself has ${clip.toFixed(1)}. ${seen}.`;
    say('pixelMse', ['Flicker along the motion', 'Pixel-MSE'], take.toFixed(1), text);
  }
  if (consecutiveSsim) {
    const { take, clip } = consecutiveSsim;
    const own = clip === null ? '' : `; the clip itself has ${share(clip)}`;
    const text = `Frames like the next one${own}. Well below the clip, a take flickers.`;
    say(
      'consecutiveSsim',
      ['Likeness of neighbours', 'SSIM of consecutive frames'],
      share(take),
      clip === null ? `Frames like the next one: the more, the calmer.` : text,
    );
  }
  if (imageText) {
    const { prompt, source, consecutive, frameAccuracy, model } = imageText;
    const only = `by ${model}; compare it only with other takes by the same model`;
    const than = source === null ? '' : `; “What the clip shows” has ${share(source)}`;
    say(
      'prompt',
      ['Shows the prompt', 'CLIP-Text'],
      share(prompt),
      `How far the frames show the prompt, ${only}${than}.`,
    );
    if (frameAccuracy !== null)
      say(
        'frameAccuracy',
        ['Frames that show it', 'Frame-Acc'],
        `${Math.round(100 * frameAccuracy)} %`,
        'Frames nearer to the prompt than to what the clip shows.',
      );
    if (consecutive !== null)
      say(
        'consecutive',
        ['Steadiness of what is shown', 'Tem-Con'],
        share(consecutive),
        'How alike consecutive frames are in what they show: higher is steadier.',
      );
  }
  if (frechet) {
    const { network, distance, against, stretches } = frechet;
    const of = `${stretches.take} stretches against ${stretches.reference} of ${against}`;
    say(
      'frechet',
      ['Distance to real footage', `Fréchet distance (${network})`],
      distance.toFixed(2),
      `Lower is more like ${against}, by features of ${network}: ${of}.`,
    );
  }
  return all;
}

const dB = (value: number) => `${value.toFixed(1)} dB`;
const share = (value: number) => value.toFixed(3);
