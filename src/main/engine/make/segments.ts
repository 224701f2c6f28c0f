/** The object in a frame, as a network sees it. */
import { assert } from '../../../common/errors.ts';
import type { PartOf } from '../../../common/masks/mask.ts';
import { cutContent } from '../media/fit.ts';
import type { Segmenter } from '../models/segmenter.ts';
import type { SegmentOf } from './mask.ts';
import type { Pictures } from './pictures.ts';
import type { PicturesShot } from './shot.ts';

export interface SegmentsOf {
  readonly shot: PicturesShot;
  readonly pictures: Pictures;
  /** By part. */
  readonly segmenters: ReadonlyMap<string, Segmenter>;
}

export function segmentsOf({ shot: { fit }, pictures, segmenters }: SegmentsOf) {
  return async ({ id }: PartOf<'segmenter'>, index: number): Promise<SegmentOf> => {
    const segmenter = segmenters.get(id);
    assert(segmenter, 'the networks of a mask are opened before it is made');
    const frame = await pictures.frame(index);
    const size = { width: fit.contentWidth, height: fit.contentHeight };
    return {
      key: `${segmenter.digest} ${segmenter.provider} ${frame.pixels}`,
      run: async () => segmenter.segment(cutContent(await frame.rgb(), fit), size),
    };
  };
}
