/**
 * The pictures of a clip on a canvas, read forwards and one at a time. Their digests are remembered in the store while the
 * file stays as it is, so that keys are known without decoding.
 */
import { basename } from 'node:path';
import { assert } from '../../../common/errors.ts';
import type { ClipInfo, Fit } from '../../../common/media.ts';
import { digestOf, keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { type DecodedFrame, decodeFrames } from '../media/decode.ts';
import { resolveFfmpeg } from '../media/ffmpeg.ts';
import { stampOf } from '../media/sequence.ts';
import type { FrameOf } from './shot.ts';

/** Raise when decoding gives other pictures of the same file. */
const DECODER_VERSION = 1;
const DIGEST_BYTES = 32;
/** Frames whose digests are kept together: a shot is a few rows, whatever its ends. */
const CHUNK = 64;

export interface PicturesOf {
  readonly clip: ClipInfo;
  readonly fit: Fit;
  /** The last frame to be asked for, and one. */
  readonly end: number;
  readonly store: ArtefactStore | null;
  readonly signal?: AbortSignal | undefined;
}

export class Pictures {
  readonly #of: PicturesOf;
  readonly #stamp: string | null;
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #changed = new Set<number>();
  #name: string | null = null;
  #reader: AsyncGenerator<DecodedFrame> | null = null;
  /** The two read last: motion is between neighbours. */
  #last: DecodedFrame | null = null;
  #before: DecodedFrame | null = null;

  constructor(of: PicturesOf) {
    this.#of = of;
    this.#stamp = stampOf(of.clip.path);
  }

  async frame(index: number): Promise<FrameOf> {
    return { index, pixels: await this.digest(index), rgb: () => this.rgb(index) };
  }

  /** sha256 hex of a frame's RGB8 pixels at canvas size. @throws as decodeFrames does */
  async digest(frame: number): Promise<string> {
    const known = await this.#known(frame);
    if (known) return known;
    await this.#readTo(frame);
    return (await this.#known(frame))!;
  }

  /** RGB8, height·width·3 of the canvas. @throws as decodeFrames does */
  async rgb(frame: number): Promise<Uint8Array> {
    await this.#readTo(frame);
    return this.#held(frame)!.rgb;
  }

  /** Ends reading and keeps what was learned; what is asked for afterwards is read again. */
  async rest(): Promise<void> {
    await this.#reader?.return(undefined);
    this.#reader = null;
    this.#last = null;
    this.#before = null;
    await this.#keep();
  }

  async #readTo(frame: number): Promise<void> {
    const { clip, fit, end, signal } = this.#of;
    if (this.#held(frame)) return;
    if (!this.#reader || (this.#last && this.#last.index > frame)) {
      await this.#reader?.return(undefined);
      this.#reader = decodeFrames(clip, { range: { start: frame, end }, fit, signal });
      this.#last = null;
      this.#before = null;
    }
    while (this.#last?.index !== frame) {
      const { value, done } = await this.#reader.next();
      assert(!done, 'decoding gives every frame of its range or fails');
      this.#before = this.#last;
      this.#last = value;
      await this.#note(value);
    }
  }

  #held(frame: number): DecodedFrame | null {
    return [this.#last, this.#before].find((one) => one?.index === frame) ?? null;
  }

  async #note({ index, rgb }: DecodedFrame): Promise<void> {
    if (await this.#known(index)) return;
    const chunk = Math.floor(index / CHUNK);
    (await this.#chunk(chunk)).set(Buffer.from(digestOf(rgb), 'hex'), (index % CHUNK) * DIGEST_BYTES);
    this.#changed.add(chunk);
  }

  /** Null for one that has not been read; a digest of zeros does not come up. */
  async #known(index: number): Promise<string | null> {
    const chunk = await this.#chunk(Math.floor(index / CHUNK));
    const at = (index % CHUNK) * DIGEST_BYTES;
    const digest = chunk.subarray(at, at + DIGEST_BYTES);
    return digest.some((byte) => byte !== 0) ? Buffer.from(digest).toString('hex') : null;
  }

  async #chunk(chunk: number): Promise<Uint8Array> {
    const held = this.#chunks.get(chunk);
    if (held) return held;
    const { store } = this.#of;
    const found = this.#stamp === null ? null : store?.get(kinds.digests, await this.#key(chunk));
    const bytes =
      found?.value.length === CHUNK * DIGEST_BYTES ? found.value : new Uint8Array(CHUNK * DIGEST_BYTES);
    this.#chunks.set(chunk, bytes);
    return bytes;
  }

  /** Unless the file changed meanwhile: then nobody knows what was read. */
  async #keep(): Promise<void> {
    const { clip, fit, store } = this.#of;
    if (!store || this.#stamp === null || stampOf(clip.path) !== this.#stamp) return;
    for (const chunk of this.#changed) {
      store.put(kinds.digests, await this.#key(chunk), this.#chunks.get(chunk)!, {
        name: `frames ${chunk * CHUNK} to ${(chunk + 1) * CHUNK - 1}`,
        psnr: null,
        clip: basename(clip.path),
        bundle: '',
        prompt: '',
        settings: `${fit.width}×${fit.height}`,
      });
    }
    this.#changed.clear();
  }

  async #key(chunk: number): Promise<string> {
    const { clip, fit } = this.#of;
    if (this.#name === null) {
      const { path, version } = await resolveFfmpeg();
      this.#name = JSON.stringify([this.#stamp, clip, fit, path, version]);
    }
    return keyOf('digests', DECODER_VERSION, { of: digestOf(Buffer.from(this.#name)), chunk });
  }
}
