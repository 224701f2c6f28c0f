/** What a denoising network takes of each frame after its latent. */

/** Near is 1 and far is -1. */
const DEPTH_CHANNELS = 1;
/** Of an inpainting network: the mask, and the latent of the picture without what lies in it. */
const MASK_CHANNELS = 1;

export type StructureKind = 'depth' | 'surroundings';

/** Channels that a network with a latent of so many may take after it. */
export function knownStructures(latentChannels: number): readonly number[] {
  return [0, DEPTH_CHANNELS, MASK_CHANNELS + latentChannels];
}

/** @param channels of a network that was not refused. @returns null where it takes the latent alone */
export function structureKind(channels: number): StructureKind | null {
  if (channels === 0) return null;
  return channels === DEPTH_CHANNELS ? 'depth' : 'surroundings';
}
