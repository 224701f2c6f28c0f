/** The finished mask of one frame, to be looked at: what a render would make, of what it would keep. */
import type { MaskPicture } from '../../../common/contract/clips.ts';
import { AppError } from '../../../common/errors.ts';
import type { Mask } from '../../../common/masks/mask.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { linksOf } from '../make/links.ts';
import { Maker } from '../make/maker.ts';
import { confidenceIn, framesToFollow, Masks } from '../make/mask.ts';
import { Pictures } from '../make/pictures.ts';
import { segmentsOf } from '../make/segments.ts';
import { fitCanvas } from '../media/fit.ts';
import type { Probe } from '../media/remembering-probe.ts';
import type { ReadFacts } from '../models/facts.ts';
import { chooseProvider } from '../onnx/provider.ts';
import { mattesOf } from '../recipe/mattes.ts';
import { canvasOf } from '../recipe/request.ts';
import { segmentersOf } from '../recipe/segmenters.ts';

export interface MaskPictureOf {
  /** Path of the clip. */
  readonly clip: string;
  readonly mask: Mask;
  readonly frame: number;
  /** Folder of the model; null where there is none yet. */
  readonly bundle: string | null;
  readonly size: number | null;
  /** Folder of a motion estimator in the place of the model's. */
  readonly flow: string | null;
}

export interface MaskPictureParts {
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  readonly facts: ReadFacts;
}

/** Without a model. */
const CANVAS = { size: 512, grid: 64 };

/** @throws AppError usage for a mask that does not fit its clip, Cancelled */
export async function maskPicture(
  { clip: path, mask, frame, bundle, size, flow }: MaskPictureOf,
  { cache, probe, facts }: MaskPictureParts,
  signal: AbortSignal,
): Promise<MaskPicture> {
  const clip = await probe(path, signal);
  if (frame >= clip.frames) {
    throw new AppError('usage', `frame ${frame} is not in the clip, which has 0 to ${clip.frames - 1}`, {
      doing: 'showing a mask',
    });
  }
  // To a mask it is all one what the network predicts; v goes with every schedule.
  const network =
    bundle === null
      ? null
      : await facts(bundle, { prediction: 'v_prediction', motion: { flow, interpolator: null } });
  const fit = network
    ? canvasOf({ sampling: { size } }, clip, network)
    : fitCanvas(clip.width, clip.height, { ...CANVAS, size: size ?? CANVAS.size });
  const range = { start: frame, end: frame + 1 };
  const mattes = await mattesOf({ mask, clip, range }, (file) => probe(file, signal));
  const shot = { clip, fit, model: { name: network?.name ?? '' } };
  const { end } = framesToFollow(mask, range) ?? range;
  const pictures = new Pictures({ clip, fit, end, store: cache, signal });
  const { provider } = await chooseProvider('auto', { width: network?.width, signal });
  const digest = network?.digests.flowEstimator;
  // As a render has kept it: no network is opened to look at motion.
  const kept = digest === undefined ? null : { digest, provider };
  const link = linksOf({ shot, network: kept, pictures, store: cache, signal });
  const digestStore = cache?.digests;
  await using segmenters = await segmentersOf(mask, bundle, { provider, digestStore, signal, untried: true });
  const segment = segmentsOf({ shot, pictures, segmenters });
  const picture = (index: number) => pictures.rgb(index);
  const masks = new Masks({ shot, mask, mattes, link, picture, segment, signal });
  try {
    const { mask: wanted, brushes } = await masks.frame(frame);
    const maker = new Maker({ store: cache, signal });
    const carried = [];
    for (const brush of brushes) carried.push((await maker.have(brush)).value);
    // The mask itself is not kept: an artist who drags an edge would fill the cache.
    const { value } = await wanted.make({
      signal,
      have: async (need) => (await maker.have(need)).value,
      onCall: () => {},
    });
    return {
      width: fit.contentWidth,
      height: fit.contentHeight,
      coverage: new Uint8Array(value.data.map((share) => Math.round(255 * share))),
      confidence: confidenceIn(carried),
    };
  } finally {
    await masks.rest();
    await pictures.rest();
  }
}
