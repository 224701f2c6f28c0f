/** Everything that is derived and kept, one line a kind. A new one is a line here and one in the contract's list. */
import type { ArtefactKind } from '../../../common/contract/cache.ts';
import type { TakeScores } from '../../../common/take-scores.ts';
import { type Codec, conditioning, json, namedTensors, plainBytes, tensor } from './codecs.ts';

export interface Kind<T> {
  /** In the database and in `--kind`: never changed once released. */
  readonly id: ArtefactKind;
  /** What lists call it. */
  readonly label: string;
  readonly codec: Codec<T>;
}

const kind = <T>(id: ArtefactKind, label: string, codec: Codec<T>): Kind<T> => ({ id, label, codec });

export const kinds = {
  /** (channels, h, w) noise from which a frame comes back. */
  inversion: kind('inversion', 'inverted frames', tensor),
  /** (channels, h, w): a frame's scaled clean latent, as the VAE encodes it. */
  latents: kind('latents', 'encoded frames', tensor),
  /** (h, w) as it was estimated, not yet scaled over its shot; larger is nearer. At latent size, or that of the picture. */
  depth: kind('depth', 'depth of frames', tensor),
  /** Bytes (h, w) of the canvas: what a ControlNet follows. */
  condition: kind('condition', 'edges for ControlNets', plainBytes),
  /** (1 + channels, h, w): the mask, and a frame's scaled latent without what lies in it, for inpainting networks. */
  surroundings: kind('surroundings', 'surroundings of masks', tensor),
  text: kind('text', 'prompts', conditioning),
  /** (2, h, w): how far each place moves to the right and down. */
  flow: kind('flow', 'motion between frames', tensor),
  /** (h, w), 0 to 1. */
  mask: kind('mask', 'masks', tensor),
  /** (levels, channels, h, w): a frame's latents between its noise, which is the first, and its clean one. */
  trajectory: kind('trajectory', 'inversion paths', tensor),
  /** (steps, tokens, dim): the empty prompt of each step. */
  'null-text': kind('null-text', 'tuned empty prompts', tensor),
  /** Weights by the name that the network has for them. */
  tuned: kind('tuned', 'tuned weights', namedTensors),
  /** RGB8 of the canvas, and where something is kept, a byte for each place of the latent: where the edit was let in. */
  look: kind('look', 'frames that were looked at', plainBytes),
  /** sha256 of pictures and depth maps, one after the other: keys are known without decoding or estimating. */
  digests: kind('digests', 'picture digests', plainBytes),
  /** How good a take is. */
  scores: kind('scores', 'scores of takes', json<TakeScores>()),
} satisfies Record<ArtefactKind, Kind<unknown>>;

export function labelOf(kind: string): string {
  return Object.hasOwn(kinds, kind) ? kinds[kind as ArtefactKind].label : kind;
}
