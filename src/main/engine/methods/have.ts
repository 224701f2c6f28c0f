/** What can be made before a method's runs, and how they ask for it. Frames count from 0 within the shot. */
import { assert } from '../../../common/errors.ts';
import type { Conditioning, Latent } from '../diffusion/types.ts';
import type { Statistics } from './statistics.ts';

/** Where the picture of one frame stands in another, at latent size (h, w). */
export interface Motion {
  /** Latent pixels to the right and down. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** 0 where the place is seen in both frames, 1 where it is hidden in the other. */
  readonly hidden: Float32Array;
  /** How far the motion can be relied on, 0..1. */
  readonly confidence: Float32Array;
}

/** The networks that turn latents into pictures and back, for methods that work on pictures half way. */
interface Pictures {
  /** Clean latent to RGB (h·w·3, interleaved, 0..1). */
  decode(latent: Latent): Promise<Float32Array>;
  /** RGB8 (h·w·3) to the clean latent. */
  encode(rgb: Uint8Array): Promise<Latent>;
}

/** How much each likeness counts, 0 for one that is not looked at. */
export interface LikenessTo {
  readonly prompt: number;
  readonly style: number;
}

/** What the image-text model makes of the picture of a clean latent. */
interface Likeness {
  /** Cosines, -1..1; null where not asked for. */
  readonly prompt: number | null;
  readonly style: number | null;
  /** Of their weighted sum by the latent: the way up. */
  readonly gradient: Latent;
}

export interface Have {
  /** The noise that the frame comes from, at the schedule's first level and in the solver's form. */
  inversion(frame: number): Latent;
  /** The way there, a latent for every level as sampling meets them: the noise first, the clean one last. */
  trajectory(frame: number): readonly Latent[];
  clean(frame: number): Latent;
  /** Extra input channels of the network (k, h, w), -1..1. */
  structure(frame: number): Float32Array;
  flow(from: number, to: number): Motion;
  /** (h, w): 1 where the artist wants the edit, 0 where the frame stays as it is. */
  mask(frame: number): Float32Array;
  /** The unconditional text with which guidance keeps to the trajectory. */
  nullText(frame: number, step: number): Conditioning;
  /** The prompt that the source was described by. */
  readonly sourceText: Conditioning;
  readonly pictures: Pictures;
  /** How like the target prompt and the style pictures the picture of a clean latent is, and which way is more so. */
  likeness(latent: Latent, to: LikenessTo): Promise<Likeness>;
  /** What the latents of the style pictures look like. */
  readonly style: Statistics;
  /** The picture of a frame from those before and after it (h·w·3, 0..1): by the bundle's interpolator, or along the clip's motion. */
  between(frame: number, before: Float32Array, after: Float32Array): Promise<Float32Array>;
}

/** `tuned` weights are in the network itself, and of a `gradient` the runs are shown the slope: there is nothing to ask for. */
export type Need = keyof Have | 'tuned' | 'gradient';

/** Exactly what was asked for. */
export type Given<N extends Need> = Pick<Have, N & keyof Have>;

const KINDS: readonly (keyof Have)[] = [
  'inversion',
  'trajectory',
  'clean',
  'structure',
  'flow',
  'mask',
  'nullText',
  'sourceText',
  'pictures',
  'between',
  'likeness',
  'style',
];

/** Needs that are made by going from clean to noise. */
const INVERTING: readonly Need[] = ['inversion', 'trajectory', 'nullText'];

export function wantsInversion(needs: readonly Need[]): boolean {
  return needs.some((need) => INVERTING.includes(need));
}

/** What was asked for, of what was made; everything else fails by name when it is used. */
export function give<N extends Need>(needs: readonly N[], made: Partial<Have>): Given<N> {
  const given = {};
  for (const kind of KINDS) {
    Object.defineProperty(given, kind, {
      enumerable: true,
      get() {
        assert(needs.some((need) => need === kind) && made[kind], `the method asked for ${kind} beforehand`);
        return made[kind];
      },
    });
  }
  return given as Given<N>;
}
