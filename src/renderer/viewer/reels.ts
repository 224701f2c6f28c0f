/** What a layer plays at a timeline frame: a stretch of a file, and its proxy where that is ready; it is asked for where it is not. */
import type { ProjectDocument } from '../../common/project/document.ts';
import { previewUrl } from '../engine.ts';
import { placedOf } from '../store/current.ts';
import { isBeingMade, readyPreview, requestPreview } from '../store/previews.ts';
import { getDocument, getOpened } from '../store/project.ts';
import type { Choice } from '../store/viewer.ts';
import type { Reel } from './layer.ts';
import { type Segment, segmentAfter, segmentAt, segmentsFor, showsOther } from './segments.ts';

export class Reels {
  readonly #segments = new Map<
    string,
    { readonly document: ProjectDocument; readonly list: readonly Segment[] }
  >();

  at(choice: Choice, frame: number): Reel | null {
    return this.#reelOf(segmentAt(this.#segmentsOf(choice), frame));
  }

  /** The first that starts at or after a timeline frame. */
  after(choice: Choice, frame: number): Reel | null {
    return this.#reelOf(segmentAfter(this.#segmentsOf(choice), frame));
  }

  /** Nothing is there to be shown. */
  isGap(choice: Choice, frame: number): boolean {
    return segmentAt(this.#segmentsOf(choice), frame) === null;
  }

  /** A take whose proxy is still being made is on its way: something else stands for it in a moment. */
  isComing(choice: Choice, frame: number): boolean {
    const segment = segmentAt(this.#segmentsOf(choice), frame);
    return segment !== null && segment.takeId !== null && isBeingMade(segment.path);
  }

  #segmentsOf(choice: Choice): readonly Segment[] {
    const document = getDocument();
    const name = typeof choice === 'string' ? choice : choice.take;
    const known = this.#segments.get(name);
    const list =
      known && !showsOther(document, known.document)
        ? known.list
        : segmentsFor(document, placedOf(document), choice);
    if (this.#segments.size > 8) this.#segments.clear();
    this.#segments.set(name, { document, list });
    return list;
  }

  #reelOf(segment: Segment | null): Reel | null {
    if (!segment?.path) return null;
    const missing = getOpened()?.missing.some((one) => one.clipId === segment.clipId);
    if (missing && segment.takeId === null) return null;
    requestPreview(segment.path);
    const preview = readyPreview(segment.path);
    return preview && { segment, url: previewUrl(preview.proxy), rate: preview.rate };
  }
}
