/** What ControlNets follow, frame by frame of a shot. */
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { edgesOf } from '../make/condition.ts';
import { estimatedDepth, estimatorFit } from '../make/depth.ts';
import type { Derived } from '../make/derived.ts';
import type { Pictures } from '../make/pictures.ts';
import type { FrameOf, ShotOf } from '../make/shot.ts';
import type { ControlGuide } from './controls.ts';

export class Followed {
  readonly #shot: ShotOf;
  readonly #range: FrameRange;
  readonly #open: (clip: ClipInfo, fit: ShotOf['fit']) => Pictures;

  /** @param open pictures of a clip, which their owner closes */
  constructor(shot: ShotOf, range: FrameRange, open: (clip: ClipInfo, fit: ShotOf['fit']) => Pictures) {
    this.#shot = shot;
    this.#range = range;
    this.#open = open;
  }

  /** Edges of each frame; none for what follows something else. */
  async *edges({ control, source }: ControlGuide): AsyncGenerator<Derived<Uint8Array>> {
    if (source.kind !== 'shot') return;
    const { clip, fit } = this.#shot;
    for await (const frame of this.#frames(clip, fit)) yield edgesOf(this.#shot, control, frame);
  }

  /** Depth of each frame, (content height, content width), not scaled yet; none for what follows something else. */
  async *depths({ source }: ControlGuide): AsyncGenerator<Derived<Tensor>> {
    if (source.kind !== 'estimator') return;
    const { clip, fit } = this.#shot;
    const seen = estimatorFit(fit, source.size);
    const grid = { fit: contentOf(fit), factor: 1 };
    for await (const frame of this.#frames(clip, seen))
      yield estimatedDepth(this.#shot, source.by, seen, frame, grid);
  }

  /** Frames of a clip of the artist's, in order: their digests, and their pictures on the canvas. */
  given(clip: ClipInfo): AsyncGenerator<FrameOf> {
    return this.#frames(clip, { ...this.#shot.fit, sourceWidth: clip.width, sourceHeight: clip.height });
  }

  async *#frames(clip: ClipInfo, fit: ShotOf['fit']): AsyncGenerator<FrameOf> {
    const { start, end } = this.#range;
    const pictures = this.#open(clip, fit);
    for (let index = start; index < end; index++) yield await pictures.frame(index);
    await pictures.rest();
  }
}

/** The fit's content without its padding. */
function contentOf(fit: ShotOf['fit']): ShotOf['fit'] {
  return { ...fit, width: fit.contentWidth, height: fit.contentHeight, left: 0, top: 0 };
}
