/** Depth of a shot, scaled over all its frames together. */
import type { FrameRange } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { digestOf, keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { normalise } from '../make/depth.ts';
import type { Derived } from '../make/derived.ts';
import { namesOf, type ShotOf } from '../make/shot.ts';

/** Depth maps of the shot, scaled over it: (h, w) at latent size, -1 far to 1 near. */
export interface Structure {
  /** Digest of each frame's map, in order. */
  readonly digests: readonly string[];
  /** Absent for a plan, which needs none. */
  readonly maps?: readonly Float32Array[];
}

/** Raise when maps are scaled over a shot in another way. */
const VERSION = 1;

/** What scaled maps hash to, where that was noted before. @param depths not scaled, in order */
export function notedStructure(
  store: ArtefactStore | null,
  depths: readonly Derived<Tensor>[],
): Structure | null {
  const found = store?.get(kinds.digests, structureKey(depths))?.value;
  if (found?.length !== depths.length * 32) return null;
  const hex = Buffer.from(found).toString('hex');
  return { digests: depths.map((_, i) => hex.slice(64 * i, 64 * (i + 1))) };
}

/** @param maps of `depths`, in order; they are scaled in place */
export function structureOf(
  of: { readonly store: ArtefactStore | null; readonly shot: ShotOf; readonly range: FrameRange },
  depths: readonly Derived<Tensor>[],
  maps: readonly Float32Array[],
): Structure {
  normalise(maps);
  const digests = maps.map(digestOf);
  const { store, shot, range } = of;
  const key = structureKey(depths);
  if (store && !store.has([key]).has(key)) {
    const names = namesOf(shot, `depth of frames ${range.start} to ${range.end - 1}`, { settings: '' });
    store.put(kinds.digests, key, Buffer.from(digests.join(''), 'hex'), { ...names, psnr: null });
  }
  return { digests, maps };
}

function structureKey(depths: readonly Derived<Tensor>[]): string {
  return keyOf('digests', VERSION, { structure: depths.map(({ key }) => key) });
}
