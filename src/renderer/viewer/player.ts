/**
 * Keeps the viewer's pictures at the playhead. Standing still, the playhead leads and each layer seeks to it; playing
 * forwards, the first layer's video is the clock and moves the playhead; backwards and in gaps a plain clock does.
 */

import { timelineRate } from '../../common/project/positions.ts';
import { lengthOfPlaced, placedOf } from '../store/current.ts';
import { getLoopRange } from '../store/loop.ts';
import { failedPreview, previewStore } from '../store/previews.ts';
import { getDocument, projectStore } from '../store/project.ts';
import { getView, setView, viewStore } from '../store/view.ts';
import { type Choice, getViewer, setViewer, viewerStore } from '../store/viewer.ts';
import { Layer, type Reel } from './layer.ts';
import { Reels } from './reels.ts';
import { showsOther } from './segments.ts';
import { type Clock, clockFrame, looped, startFrame, startOfLoop, trimFor, within } from './transport.ts';

/** Sound faster than this is noise. */
const FASTEST_SOUND = 2;

export class Player {
  readonly #first: Layer;
  readonly #second: Layer;
  readonly #stops: (() => void)[];
  #frameRequest = 0;
  /** The playhead as this player set it last: another value means that the artist moved it. */
  #own = -1;
  #clock: Clock | null = null;
  readonly #reels = new Reels();

  constructor(first: HTMLElement, second: HTMLElement) {
    this.#first = new Layer(first);
    this.#second = new Layer(second);
    this.#second.setSound(0, true);
    // While it plays the playhead follows the picture, and nobody waits for one.
    const stands = () => getView().shuttle === 0;
    this.#first.onPicture = (shown) => {
      if (stands()) setViewer({ shown, pictures: getViewer().pictures + 1 });
    };
    this.#second.onPicture = (shownSecond) => {
      if (stands()) setViewer({ shownSecond });
    };
    for (const layer of [this.#first, this.#second]) {
      layer.onFailure = ({ path }) => path && failedPreview(path, 'Its preview cannot be played.');
    }
    this.#stops = [
      viewStore.subscribe((now, before) => {
        if (now.shuttle !== before.shuttle) this.#shuttleChanged(now.shuttle);
        else if (now.shuttle === 0 && now.playhead !== before.playhead) this.#still();
      }),
      projectStore.subscribe((now, before) => {
        if (now.opened !== before.opened || showsOther(now.history.document, before.history.document))
          this.#worldChanged();
      }),
      previewStore.subscribe(() => this.#worldChanged()),
      viewerStore.subscribe((now, before) => {
        if (now.volume !== before.volume || now.muted !== before.muted) this.#setSound();
        const same = (['comparison', 'a', 'b', 'peek'] as const).every((key) => now[key] === before[key]);
        if (!same) this.#worldChanged();
      }),
    ];
    this.#setSound();
    this.#still();
  }

  /** What the scopes measure. */
  get painted(): HTMLCanvasElement | null {
    return this.#first.painted;
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    cancelAnimationFrame(this.#frameRequest);
    this.#first.dispose();
    this.#second.dispose();
  }

  #choices(): readonly [Choice, Choice | null] {
    const { comparison, a, b, peek } = getViewer();
    if (comparison !== 'off') return [a, b];
    // Ready behind the take, so that holding the key shows the clip at once.
    return ['timeline', peek ? 'clip' : null];
  }

  #length(): number {
    return lengthOfPlaced(placedOf(getDocument()));
  }

  #setSound(): void {
    const { volume, muted } = getViewer();
    const { shuttle } = getView();
    this.#first.setSound(volume, muted || Math.abs(shuttle) > FASTEST_SOUND);
  }

  #worldChanged(): void {
    if (getView().shuttle === 0) this.#still();
  }

  #still(): void {
    const { playhead } = getView();
    const [one, two] = this.#choices();
    setViewer({ shown: null, shownSecond: null });
    this.#show(this.#first, one, playhead);
    if (two === null) this.#second.show(null, playhead);
    else this.#show(this.#second, two, playhead);
    // A gap shows nothing, and that at once; a proxy that is still being made shows nothing yet.
    if (this.#reels.isGap(one, playhead)) setViewer({ shown: playhead });
  }

  /** A take whose proxy is still being made is on its way: something else stands for it in a moment. */
  #show(layer: Layer, choice: Choice, frame: number): void {
    layer.show(this.#reels.at(choice, frame), frame, this.#reels.isComing(choice, frame));
  }

  #shuttleChanged(speed: number): void {
    this.#setSound();
    this.#clock = null;
    if (speed === 0) {
      cancelAnimationFrame(this.#frameRequest);
      this.#frameRequest = 0;
      this.#still();
      return;
    }
    if (this.#length() === 0) {
      setView({ shuttle: 0 });
      return;
    }
    if (this.#frameRequest !== 0) return;
    const { playhead, loop } = getView();
    const from = loop
      ? startOfLoop(playhead, speed, getLoopRange())
      : startFrame(playhead, speed, this.#length());
    setView({ playhead: from });
    // Not its own yet: the first tick starts the videos at the playhead.
    this.#own = -1;
    this.#frameRequest = requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now: number): void {
    const { shuttle, playhead } = getView();
    if (shuttle === 0) return;
    const moved = playhead !== this.#own;
    const [choice] = this.#choices();
    const reel = shuttle > 0 ? this.#reels.at(choice, playhead) : null;
    const next = reel
      ? this.#byVideo(reel, choice, playhead, shuttle, moved)
      : this.#byClock(playhead, shuttle, moved, now);
    const { frame, ended } = getView().loop
      ? looped(next, shuttle, getLoopRange())
      : within(next, shuttle, this.#length());
    // A jump back is a move like the artist's: the videos start anew there.
    const jumps = getView().loop && frame !== next;
    this.#own = jumps ? -1 : frame;
    setView({ playhead: frame });
    this.#follow(frame, shuttle, moved);
    if (ended) setView({ shuttle: 0 });
    else this.#frameRequest = requestAnimationFrame((later) => this.#tick(later));
  }

  #byVideo(reel: Reel, choice: Choice, playhead: number, speed: number, moved: boolean): number {
    this.#clock = null;
    const layer = this.#first;
    const sameFile = layer.reel?.url === reel.url && layer.reel.segment.from === reel.segment.from;
    if (moved || !sameFile || !layer.playing) {
      // An ended video does not play; that is its last frame passed.
      if (sameFile && !moved && layer.clockFrame >= reel.segment.to) return reel.segment.to;
      layer.play(reel, playhead, speed);
      layer.prepare(this.#reels.after(choice, reel.segment.to));
      return playhead;
    }
    layer.setSpeed(speed);
    if (layer.clockFrame >= reel.segment.to) return reel.segment.to;
    const seen = layer.paint() ?? playhead;
    return seen >= playhead && seen < reel.segment.to ? seen : playhead;
  }

  #byClock(playhead: number, speed: number, moved: boolean, now: number): number {
    const rate = timelineRate(getDocument());
    if (moved || !this.#clock || this.#clock.speed !== speed)
      this.#clock = { at: now, frame: playhead, speed };
    const frame = clockFrame(this.#clock, now, rate);
    const [choice] = this.#choices();
    const shown = within(frame, speed, this.#length()).frame;
    this.#first.show(this.#reels.at(choice, shown), shown);
    return frame;
  }

  /** The second picture stays beside the first. */
  #follow(frame: number, speed: number, moved: boolean): void {
    const [, choice] = this.#choices();
    const reel = choice === null ? null : this.#reels.at(choice, frame);
    const layer = this.#second;
    if (!reel || speed < 0 || this.#clock) {
      layer.show(reel, frame);
      return;
    }
    const trim = trimFor(this.#first.clockFrame - layer.clockFrame);
    const sameFile = layer.reel?.url === reel.url && layer.reel.segment.from === reel.segment.from;
    if (moved || !sameFile || !layer.playing || trim === null) layer.play(reel, frame, speed);
    else {
      layer.setSpeed(speed, trim);
      layer.paint();
    }
  }
}
