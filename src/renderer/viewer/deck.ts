/** One video element on one proxy: exact seeks, verified by the picture that came; playing at a rate. */
import type { Rational } from '../../common/media.ts';
import { frameAt, frameOfPicture, frameTime } from './frames.ts';

/** Where within a frame a seek aims, as a share of it off the middle; the next is tried when a neighbour showed. */
const AIMS = [0, 0.25, -0.25, 0.4] as const;

export class Deck {
  readonly video: HTMLVideoElement;
  /** A picture came to the screen. `exact` is false when it is not the one asked for, also after trying again. */
  onPicture: (frame: number, exact: boolean) => void = () => {};
  onFailure: () => void = () => {};
  #url: string | null = null;
  #rate: Rational = { num: 25, den: 1 };
  #wanted: number | null = null;
  #attempts = 0;
  #picture: number | null = null;

  constructor(host: HTMLElement) {
    this.video = document.createElement('video');
    this.video.preload = 'auto';
    this.video.playsInline = true;
    this.video.disablePictureInPicture = true;
    // Without this the scopes and the difference could not read pixels of another origin.
    this.video.crossOrigin = 'anonymous';
    this.video.tabIndex = -1;
    this.video.setAttribute('aria-hidden', 'true');
    this.video.addEventListener('seeked', () => this.#seekOn());
    this.video.addEventListener('loadedmetadata', () => this.#seekOn());
    this.video.addEventListener('error', () => {
      if (this.#url !== null) this.onFailure();
    });
    host.append(this.video);
    this.#watch();
  }

  get url(): string | null {
    return this.#url;
  }

  /** Frame of the picture on screen; null before the first. */
  get picture(): number | null {
    return this.#picture;
  }

  /** Frame under the clock of a playing deck; one past the last when it has ended. */
  get clockFrame(): number {
    const ended = this.video.ended ? 1 : 0;
    return frameAt(this.video.currentTime, this.#rate) + ended;
  }

  get playing(): boolean {
    return !this.video.paused;
  }

  load(url: string, rate: Rational): void {
    if (this.#url === url) return;
    this.#url = url;
    this.#rate = rate;
    this.#wanted = null;
    this.#picture = null;
    this.video.src = url;
  }

  unload(): void {
    if (this.#url === null) return;
    this.#url = null;
    this.#picture = null;
    this.#wanted = null;
    this.video.pause();
    this.video.removeAttribute('src');
    this.video.load();
  }

  /** Shows a frame and stands still. Seeks that come while one runs are folded into the newest. */
  seek(frame: number): void {
    if (this.playing) this.video.pause();
    if (this.#wanted === frame) {
      if (this.#picture === frame && !this.video.seeking) this.onPicture(frame, true);
      return;
    }
    this.#wanted = frame;
    this.#attempts = 0;
    if (!this.video.seeking && this.video.readyState > 0) this.#go();
  }

  /** Plays on from a frame. */
  async play(frame: number, rate: number): Promise<void> {
    const standsThere = this.#wanted === frame && this.#picture === frame && !this.video.seeking;
    this.#wanted = null;
    this.setRate(rate);
    if (!standsThere) this.video.currentTime = frameTime(frame, this.#rate);
    if (this.playing) return;
    try {
      await this.video.play();
    } catch {
      // Paused or loaded anew before it began; the player sees by the clock that nothing moves.
    }
  }

  setRate(rate: number): void {
    const wanted = Math.max(0.0625, Math.min(16, rate));
    if (this.video.playbackRate !== wanted) this.video.playbackRate = wanted;
  }

  dispose(): void {
    this.onPicture = () => {};
    this.onFailure = () => {};
    this.unload();
    this.video.remove();
  }

  #go(): void {
    if (this.#wanted === null) return;
    this.video.currentTime = frameTime(this.#wanted + AIMS[this.#attempts]!, this.#rate);
  }

  /** After a seek: on to a newer wish, if one came meanwhile. */
  #seekOn(): void {
    if (this.#wanted === null || this.playing) return;
    if (
      Math.abs(this.video.currentTime - frameTime(this.#wanted, this.#rate)) >
      this.#rate.den / this.#rate.num / 2
    )
      this.#go();
  }

  #watch(): void {
    this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      this.#seen(frameOfPicture(mediaTime, this.#rate));
      this.#watch();
    });
  }

  #seen(frame: number): void {
    this.#picture = frame;
    const wanted = this.#wanted;
    if (wanted === null) this.onPicture(frame, true);
    else if (frame === wanted) this.onPicture(frame, true);
    else if (!this.video.seeking && this.#attempts < AIMS.length - 1) {
      this.#attempts++;
      this.#go();
    } else if (!this.video.seeking) this.onPicture(frame, false);
  }
}
