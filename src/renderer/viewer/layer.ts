/** One picture of the viewer: two decks, so that the next file is ready when the one before ends. */

import type { Rational } from '../../common/media.ts';
import { Deck } from './deck.ts';
import { playbackRate } from './frames.ts';
import type { Segment } from './segments.ts';

/** A segment whose proxy is ready. */
export interface Reel {
  readonly segment: Segment;
  readonly url: string;
}

export class Layer {
  /** A picture came to the screen, as timeline frame; `exact` as a deck says it. */
  onPicture: (frame: number, exact: boolean) => void = () => {};
  onFailure: (segment: Segment) => void = () => {};
  readonly #decks: readonly [Deck, Deck];
  #active: Deck;
  #reel: Reel | null = null;

  constructor(host: HTMLElement) {
    this.#decks = [new Deck(host), new Deck(host)];
    this.#active = this.#decks[0];
    for (const deck of this.#decks) {
      deck.onPicture = (frame, exact) => this.#seen(deck, frame, exact);
      deck.onFailure = () => {
        if (deck === this.#active && this.#reel) this.onFailure(this.#reel.segment);
      };
    }
  }

  /** The element whose picture is to be seen, for scopes; null where nothing shows. */
  get video(): HTMLVideoElement | null {
    return this.#reel ? this.#active.video : null;
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

  /** Timeline frame of the picture on screen; null before the first of this file. */
  get picture(): number | null {
    const frame = this.#active.picture;
    return frame === null ? null : this.#toTimeline(frame);
  }

  show(reel: Reel | null, frame: number): void {
    this.#take(reel);
    if (reel) this.#active.seek(this.#toFile(frame));
  }

  play(reel: Reel, frame: number, speed: number, timeline: Rational): void {
    this.#take(reel);
    void this.#active.play(this.#toFile(frame), playbackRate(speed, timeline, reel.segment.rate));
  }

  /** `trim` makes a playing layer a little faster or slower to stay beside another. */
  setSpeed(speed: number, timeline: Rational, trim = 1): void {
    if (this.#reel) this.#active.setRate(playbackRate(speed, timeline, this.#reel.segment.rate) * trim);
  }

  /** Gets the next file ready on the other deck. */
  prepare(reel: Reel | null): void {
    const spare = this.#spare();
    if (!reel || reel.url === this.#active.url) return;
    spare.load(reel.url, reel.segment.rate);
    spare.seek(reel.segment.first);
  }

  setSound(volume: number, muted: boolean): void {
    for (const { video } of this.#decks) {
      video.volume = volume;
      video.muted = muted;
    }
  }

  dispose(): void {
    for (const deck of this.#decks) deck.dispose();
  }

  #spare(): Deck {
    return this.#active === this.#decks[0] ? this.#decks[1] : this.#decks[0];
  }

  #take(reel: Reel | null): void {
    this.#reel = reel;
    if (!reel) {
      for (const deck of this.#decks) {
        deck.video.pause();
        deck.video.removeAttribute('data-on');
      }
      return;
    }
    if (this.#active.url === reel.url) return;
    this.#active.video.pause();
    this.#active = this.#spare();
    this.#active.load(reel.url, reel.segment.rate);
  }

  #seen(deck: Deck, frame: number, exact: boolean): void {
    if (deck !== this.#active || !this.#reel) return;
    // The picture before stays until the new one is here, so that a cut does not flash.
    deck.video.setAttribute('data-on', '');
    this.#spare().video.removeAttribute('data-on');
    this.onPicture(this.#toTimeline(frame), exact);
  }

  #toTimeline(fileFrame: number): number {
    const segment = this.#reel?.segment;
    return segment ? segment.from + fileFrame - segment.first : 0;
  }

  #toFile(timelineFrame: number): number {
    const segment = this.#reel?.segment;
    return segment ? segment.first + timelineFrame - segment.from : 0;
  }
}
