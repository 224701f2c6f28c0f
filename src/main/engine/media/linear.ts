/**
 * Linear light, which pictures of floats hold, and the display's colours, which all else here is in: one is made of the other by what a
 * display does with the numbers it is sent. For the transfers of video (BT.709, BT.601, BT.2020) that is BT.1886 with a black of zero:
 * light = signal^2.4, so that the grey in the middle, 0.5, is 0.189. Of a clip tagged sRGB it is the curve of IEC 61966-2-1,
 * 0.214. Primaries stay. zimg computes it in float, nothing is clipped above; negative signals have no light. Pure.
 */
import type { ClipInfo } from '../../../common/media.ts';
import { isFloat, outputColour } from './colour.ts';

/** Filters that need it, by ffmpeg's name. */
export const LINEAR_FILTER = 'zscale';

const RGB = 'min=gbr:m=gbr:rin=full:r=full:pin=1:p=1:agamma=false';

type Tagged = Pick<ClipInfo, 'colour' | 'hdr' | 'pixelFormat'>;

/** Transfers that zimg knows, as code points of H.273; others are taken as BT.709. */
const KNOWN: ReadonlySet<number> = new Set([1, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15]);

function displayOf(clip: Tagged): number {
  const { transfer } = outputColour(clip).tags;
  return KNOWN.has(transfer) ? transfer : 1;
}

/** From signals to light; planar floats in and out. */
export function toLight(clip: Tagged): string {
  return `zscale=tin=${displayOf(clip)}:t=linear:${RGB}`;
}

/** From light to signals. */
export function toSignal(clip: Tagged): string {
  return `zscale=tin=linear:t=${displayOf(clip)}:${RGB}`;
}

/** A picture of floats at another size, as sharp as swscale makes the others; swscale would take its floats for 16 bits. */
export function scaleFloats({ width, height }: { width: number; height: number }): string {
  return `zscale=w=${width}:h=${height}:filter=lanczos:min=gbr:m=gbr:rin=full:r=full`;
}

/**
 * Makes a picture of floats twice as wide, for `mergeplanes`: that of older ffmpeg (5.1) copies half of each line of floats, which
 * is all that is wanted then. A crop to the width it had has to follow.
 */
export const TWICE_AS_WIDE = 'split[once][again];[once][again]hstack';

/** Whether a clip's pictures hold light: floats do, unless they are said to be coded for a display. */
export function holdsLight({ pixelFormat, colour }: Pick<ClipInfo, 'pixelFormat' | 'colour'>): boolean {
  return isFloat(pixelFormat) && (colour.transfer === null || colour.transfer === 'linear');
}
