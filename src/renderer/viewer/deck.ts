/**
 * One video element on one proxy, never seen itself: it decodes, and the pictures it holds are handed out with the frame
 * they are of. The frame is read off the picture's own timestamp, so that no event of the element has to be believed:
 * under load its callbacks come late, before the picture, or not at all where a seek stays within one frame.
 */
import type { Rational } from '../../common/media.ts';
import { frameAt, frameOfPicture, frameTime } from './frames.ts';

/** A decoded picture and the frame of the file it is of. Whoever is given one may draw it at once, not keep it. */
export interface Picture {
  readonly image: VideoFrame;
  readonly frame: number;
}

/** Where within a frame a seek aims, as a share of it off its usual place; the next is tried when a neighbour showed. */
const AIMS = [0, 0.25, -0.15, 0.5] as const;
/** The picture of a seek that is over may still be on its way from the decoder: looked for this often, this long. */
const LOOK_MS = 15;
const PATIENCE_MS = 600;

export class Deck {
  readonly #video: HTMLVideoElement;
  /** A seek is over. `exact` is false when its picture is not the one asked for now, or not even after trying again. */
  onPicture: (picture: Picture, exact: boolean) => void = () => {};
  onFailure: () => void = () => {};
  #url: string | null = null;
  #failed = false;
  #rate: Rational = { num: 25, den: 1 };
  #wanted: number | null = null;
  /** Seeks made for what is wanted, and when the last one was over. */
  #attempts = 0;
  #sought: number | null = null;
  #landed: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Frame that was in sight when playing jumped away: until another comes, the picture is the old one. */
  #old: number | null = null;

  constructor(host: HTMLElement) {
    this.#video = document.createElement('video');
    this.#video.preload = 'auto';
    this.#video.playsInline = true;
    this.#video.disablePictureInPicture = true;
    // Without this the scopes could not read the pixels of another origin.
    this.#video.crossOrigin = 'anonymous';
    this.#video.tabIndex = -1;
    this.#video.setAttribute('aria-hidden', 'true');
    for (const event of ['loadedmetadata', 'loadeddata', 'seeked', 'canplay'] as const) {
      this.#video.addEventListener(event, () => this.#settle());
    }
    this.#video.addEventListener('error', () => {
      if (this.#url === null) return;
      this.#failed = true;
      this.onFailure();
    });
    host.append(this.#video);
  }

  get url(): string | null {
    return this.#url;
  }

  /** Frame under the clock of a playing deck; one past the last when it has ended. */
  get clockFrame(): number {
    return frameAt(this.#video.currentTime, this.#rate) + (this.#video.ended ? 1 : 0);
  }

  get playing(): boolean {
    return !this.#video.paused;
  }

  load(url: string, rate: Rational): void {
    if (this.#url === url && !this.#failed) return;
    this.#forget();
    this.#url = url;
    this.#rate = rate;
    this.#video.src = url;
  }

  unload(): void {
    if (this.#url === null) return;
    this.#forget();
    this.#url = null;
    this.#video.pause();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  /** Finds a frame and stands still. Seeks that come while one runs are folded into the newest. */
  seek(frame: number): void {
    this.pause();
    if (this.#wanted !== frame) {
      this.#wanted = frame;
      this.#attempts = 0;
      this.#landed = null;
    }
    this.#settle();
  }

  /** Plays on from a frame. */
  async play(frame: number, rate: number): Promise<void> {
    this.#cease();
    this.setRate(rate);
    const held = this.#look();
    const seen = held?.frame ?? null;
    held?.image.close();
    if (this.#video.seeking || seen !== frame) {
      this.#old = seen;
      this.#video.currentTime = frameTime(frame, this.#rate);
    }
    if (this.playing) return;
    try {
      await this.#video.play();
    } catch {
      // Paused or loaded anew before it began; the player sees by the clock that nothing moves.
    }
  }

  pause(): void {
    if (this.playing) this.#video.pause();
    this.#old = null;
  }

  /** The picture of a playing deck at this moment; null while it jumps. */
  current(): Picture | null {
    if (this.#video.seeking) return null;
    const picture = this.#look();
    if (!picture) return null;
    if (picture.frame === this.#old) {
      picture.image.close();
      return null;
    }
    this.#old = null;
    return picture;
  }

  setRate(rate: number): void {
    const wanted = Math.max(0.0625, Math.min(16, rate));
    if (this.#video.playbackRate !== wanted) this.#video.playbackRate = wanted;
  }

  setSound(volume: number, muted: boolean): void {
    this.#video.volume = volume;
    this.#video.muted = muted;
  }

  dispose(): void {
    this.onPicture = () => {};
    this.onFailure = () => {};
    this.unload();
    this.#video.remove();
  }

  #forget(): void {
    this.#cease();
    this.#failed = false;
  }

  #cease(): void {
    clearTimeout(this.#timer);
    this.#wanted = null;
    this.#sought = null;
    this.#old = null;
  }

  /** What the element holds now, whatever was asked of it. */
  #look(): Picture | null {
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    try {
      const image = new VideoFrame(this.#video);
      return { image, frame: frameOfPicture(image.timestamp / 1e6, this.#rate) };
    } catch {
      return null; // Between two files there is a moment without any.
    }
  }

  /** Brings what is wanted: called whenever that may have become possible, and again until it is there. */
  #settle(): void {
    clearTimeout(this.#timer);
    const wanted = this.#wanted;
    if (wanted === null || this.playing) return;
    // An event calls again when there is something to look at.
    if (this.#video.readyState < HTMLMediaElement.HAVE_METADATA || this.#video.seeking) return;
    const picture = this.#look();
    try {
      if (picture?.frame === wanted) {
        this.#wanted = null;
        this.onPicture(picture, true);
        return;
      }
      const now = performance.now();
      // Passed on the way of a scrub, so that the picture moves before the hand rests.
      if (this.#attempts === 0 && picture && picture.frame === this.#sought) this.onPicture(picture, false);
      if (this.#attempts > 0) {
        this.#landed ??= now;
        if (now - this.#landed < PATIENCE_MS) {
          this.#timer = setTimeout(() => this.#settle(), LOOK_MS);
          return;
        }
      }
      if (this.#attempts < AIMS.length) {
        this.#landed = null;
        this.#sought = wanted;
        this.#video.currentTime = frameTime(wanted + AIMS[this.#attempts]!, this.#rate);
        this.#attempts++;
      } else {
        this.#wanted = null;
        if (picture) this.onPicture(picture, false);
      }
    } finally {
      picture?.image.close();
    }
  }
}
