/**
 * One picture of the viewer: a canvas that is painted with a picture and stamped with what it is in one act, and two
 * decks, so that the next file is ready when the one before ends.
 */
import type { Rational } from '../../common/media.ts';
import { timelineFrameAt } from '../../common/project/positions.ts';
import { toNumber } from '../../common/time/rational.ts';
import { Deck, type Picture } from './deck.ts';
import { fileFrameAt, type Segment } from './segments.ts';

/** A segment whose proxy is ready. */
export interface Reel {
  readonly segment: Segment;
  readonly url: string;
  /** Of the proxy; pictures may have been given another since it was made. */
  readonly rate: Rational;
}

/** How much faster than it was made a proxy plays, so that as many frames pass in a second as of the file. */
function haste({ segment, rate }: Reel): number {
  return toNumber(segment.rate) / toNumber(rate);
}

/** What is painted: a frame of a file. */
interface Stamp {
  readonly url: string;
  readonly frame: number;
}

/** A picture of another file stays this long while the new one is on its way, so that a cut does not flash. */
const HOLD_MS = 150;
/** The same while a new take's own frame is read from its file, which then lies over it. */
const COMING_MS = 1500;

export class Layer {
  /** What stands on the canvas has changed; `frame` is the timeline frame when it is the one asked for, else null. */
  onPicture: (frame: number | null) => void = () => {};
  onFailure: (segment: Segment) => void = () => {};
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #decks: readonly [Deck, Deck];
  #active: Deck;
  #reel: Reel | null = null;
  #stamp: Stamp | null = null;
  /** Timeline frame that a still picture is wanted for. */
  #asked = 0;
  #hold: ReturnType<typeof setTimeout> | undefined;
  #coming: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement) {
    this.#canvas = document.createElement('canvas');
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#context = this.#canvas.getContext('2d');
    this.#decks = [new Deck(host), new Deck(host)];
    host.append(this.#canvas);
    this.#active = this.#decks[0];
    for (const deck of this.#decks) {
      deck.onPicture = (picture, exact) => {
        if (deck === this.#active && this.#reel) this.#paint(picture, exact ? this.#asked : null);
      };
      deck.onFailure = () => {
        if (deck === this.#active && this.#reel) this.onFailure(this.#reel.segment);
      };
    }
  }

  /** The canvas, for scopes; null where nothing is painted. */
  get painted(): HTMLCanvasElement | null {
    return this.#stamp ? this.#canvas : null;
  }

  get reel(): Reel | null {
    return this.#reel;
  }

  get playing(): boolean {
    return this.#active.playing;
  }

  /** Timeline frame under the clock while playing. */
  get clockFrame(): number {
    return this.#toTimeline(this.#active.clockFrame);
  }

  /** @param isComing there is no file to play yet, and what stands for it comes in a moment */
  show(reel: Reel | null, frame: number, isComing = false): void {
    this.#take(reel, isComing);
    if (!reel) return;
    const wanted = fileFrameAt(reel.segment, frame);
    this.#asked = frame;
    this.#active.pause();
    if (this.#stamp?.url === reel.url && this.#stamp.frame === wanted) this.onPicture(frame);
    else this.#active.seek(wanted);
  }

  /** A file plays at its own rate, picture and sound; how its frames pass on the timeline is the segment's. */
  play(reel: Reel, frame: number, speed: number): void {
    this.#take(reel);
    void this.#active.play(fileFrameAt(reel.segment, frame), speed * haste(reel));
  }

  /** Paints what plays at this moment; answers its timeline frame, null when there is no new picture. */
  paint(): number | null {
    const picture = this.#reel && this.#active.current();
    if (!picture) return null;
    try {
      const same = this.#stamp?.url === this.#reel?.url && this.#stamp?.frame === picture.frame;
      const frame = this.#toTimeline(picture.frame);
      if (!same) this.#paint(picture, frame);
      return frame;
    } finally {
      picture.image.close();
    }
  }

  /** `trim` makes a playing layer a little faster or slower to stay beside another. */
  setSpeed(speed: number, trim = 1): void {
    if (this.#reel) this.#active.setRate(speed * trim * haste(this.#reel));
  }

  /** Gets the next file ready on the other deck. */
  prepare(reel: Reel | null): void {
    const spare = this.#spare();
    if (!reel || reel.url === this.#active.url) return;
    spare.load(reel.url, reel.rate);
    spare.seek(reel.segment.first);
  }

  setSound(volume: number, muted: boolean): void {
    for (const deck of this.#decks) deck.setSound(volume, muted);
  }

  dispose(): void {
    clearTimeout(this.#hold);
    this.#comes();
    for (const deck of this.#decks) deck.dispose();
    this.#canvas.remove();
  }

  #spare(): Deck {
    return this.#active === this.#decks[0] ? this.#decks[1] : this.#decks[0];
  }

  #take(reel: Reel | null, isComing = false): void {
    this.#reel = reel;
    if (!reel) {
      for (const deck of this.#decks) deck.pause();
      if (isComing && this.#stamp) this.#coming ??= setTimeout(() => this.#clear(), COMING_MS);
      else this.#clear();
      return;
    }
    this.#comes();
    if (this.#active.url !== reel.url) {
      this.#active.pause();
      this.#active = this.#spare();
    }
    this.#active.load(reel.url, reel.rate);
    clearTimeout(this.#hold);
    if (this.#stamp && this.#stamp.url !== reel.url) this.#hold = setTimeout(() => this.#clear(), HOLD_MS);
  }

  /** `shown` is the timeline frame it stands for; null when another was asked for. */
  #paint({ image, frame }: Picture, shown: number | null): void {
    const { displayWidth: width, displayHeight: height } = image;
    const url = this.#reel!.url;
    if (shown === null && this.#stamp?.url === url && this.#stamp.frame === frame) return;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    clearTimeout(this.#hold);
    this.#context?.drawImage(image, 0, 0, width, height);
    this.#stamp = { url, frame };
    this.onPicture(shown);
  }

  #comes(): void {
    clearTimeout(this.#coming);
    this.#coming = undefined;
  }

  #clear(): void {
    clearTimeout(this.#hold);
    this.#comes();
    if (!this.#stamp) return;
    this.#stamp = null;
    this.#context?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.onPicture(null);
  }

  #toTimeline(fileFrame: number): number {
    return this.#reel ? timelineFrameAt(this.#reel.segment.conform, fileFrame) : 0;
  }
}
