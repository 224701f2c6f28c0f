/** The tuned empty prompts of a shot while it is rendered, and what a report says of them. */
import { assert } from '../../../common/errors.ts';
import type { TakeReport } from '../../../common/report.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import type { Had } from '../make/maker.ts';
import type { Calls, Tally } from '../make/tally.ts';

export class NullTexts {
  readonly #shared: boolean;
  /** By frame of the shot; one for all where they share it. */
  readonly #texts: Tensor[] = [];
  readonly #report = { made: 0, fromCache: 0, bytes: 0 };
  #psnr: number | null = null;
  #plainPsnr: number | null = null;
  /** Network calls that were counted before. */
  #counted: Calls = {};

  constructor(shared: boolean) {
    this.#shared = shared;
  }

  /** @param place of the frame; null for the number of a frame whose prompt is as it is */
  add(place: number | null, { value, psnr, made }: Had<Tensor>): void {
    if (place === null) {
      this.#plainPsnr = psnr;
      return;
    }
    this.#texts[place] = value;
    this.#psnr ??= psnr;
    this.#report[made ? 'made' : 'fromCache'] += 1;
    this.#report.bytes += value.data.byteLength;
  }

  /** Those of `planned` that were not needed since this was asked last. */
  spared(planned: Calls, tally: Tally): Calls {
    const { nullText, nullTextBack } = tally.counts.calls;
    const spent = (of: 'nullText' | 'nullTextBack', now: number) => now - (this.#counted[of] ?? 0);
    const spared = {
      nullText: (planned.nullText ?? 0) - spent('nullText', nullText),
      nullTextBack: (planned.nullTextBack ?? 0) - spent('nullTextBack', nullTextBack),
    };
    this.#counted = { nullText, nullTextBack };
    return spared;
  }

  /** (tokens, dim) of a step of the shot's own schedule. */
  at(frame: number, step: number): Float32Array {
    const text = this.#texts[this.#shared ? 0 : frame];
    assert(text, 'every frame has its texts');
    const [, tokens = 0, dim = 0] = text.shape;
    return text.data.subarray(step * tokens * dim, (step + 1) * tokens * dim);
  }

  get report(): NonNullable<TakeReport['inversion']['nullText']> {
    return {
      ...{ shared: this.#shared, ...this.#report },
      ...{ psnr: this.#psnr, plainPsnr: this.#plainPsnr },
    };
  }
}
