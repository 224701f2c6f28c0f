/** A matte's frames as coverage of the clip's picture, read forwards and one at a time. */
import { assert } from '../../../common/errors.ts';
import type { Size } from '../../../common/masks/grid.ts';
import type { PartOf } from '../../../common/masks/mask.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { type DecodedFrame, decodeSized } from '../media/decode.ts';
import { stampOf } from '../media/sequence.ts';

/** Of ITU-R BT.709, in which pictures are decoded. */
const LUMA = [0.2126, 0.7152, 0.0722] as const;

export interface MatteOf {
  readonly part: PartOf<'matte'>;
  readonly clip: ClipInfo;
  /** Of the coverage that is wanted. */
  readonly size: Size;
  readonly signal?: AbortSignal | undefined;
}

export class Matte {
  readonly #of: MatteOf;
  readonly #stamp: string | null;
  #reader: AsyncGenerator<DecodedFrame> | null = null;
  #last: DecodedFrame | null = null;

  constructor(of: MatteOf) {
    this.#of = of;
    this.#stamp = stampOf(of.clip.path);
  }

  /** All that changes what a frame of the clip is given. */
  key(frame: number): unknown {
    return [this.#stamp, this.#of.clip, this.#of.part.channel, this.#frameFor(frame)];
  }

  /** (h, w), 0..1, for a frame of the clip. @throws as decodeSized does */
  async coverage(frame: number): Promise<Float32Array> {
    const wanted = this.#frameFor(frame);
    const { clip, part, size, signal } = this.#of;
    const alpha = part.channel === 'alpha';
    if (!this.#reader || (this.#last && this.#last.index > wanted)) {
      await this.rest();
      this.#reader = decodeSized(clip, {
        range: { start: wanted, end: clip.frames },
        ...size,
        alpha,
        signal,
      });
    }
    while (this.#last?.index !== wanted) {
      const { value, done } = await this.#reader.next();
      assert(!done, 'decoding gives every frame of its range or fails');
      this.#last = value;
    }
    const { rgb } = this.#last;
    if (alpha) return new Float32Array(rgb).map((value) => value / 255);
    return new Float32Array(size.width * size.height).map(
      (_, i) => LUMA.reduce((sum, share, c) => sum + share * rgb[i * 3 + c]!, 0) / 255,
    );
  }

  async rest(): Promise<void> {
    await this.#reader?.return(undefined);
    this.#reader = null;
    this.#last = null;
  }

  /** A still is the matte of every frame. */
  #frameFor(frame: number): number {
    const { clip, part } = this.#of;
    return clip.frames === 1 ? 0 : frame + part.offset;
  }
}
