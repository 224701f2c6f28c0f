/** A further picture beside those of the player: it stands and plays where the playhead is, and moves nothing itself. */
import { previewStore } from '../store/previews.ts';
import { projectStore } from '../store/project.ts';
import { getView, viewStore } from '../store/view.ts';
import type { Choice } from '../store/viewer.ts';
import { Layer } from './layer.ts';
import { Reels } from './reels.ts';
import { showsOther } from './segments.ts';
import { trimFor } from './transport.ts';

export class Follower {
  readonly #layer: Layer;
  readonly #choice: Choice;
  readonly #reels = new Reels();
  readonly #stops: (() => void)[];
  #frameRequest = 0;
  /** Timeline frame at the last tick. */
  #last = -1;

  constructor(host: HTMLElement, choice: Choice) {
    this.#layer = new Layer(host);
    this.#layer.setSound(0, true);
    this.#choice = choice;
    this.#stops = [
      viewStore.subscribe((now, before) => {
        if (now.shuttle !== before.shuttle) this.#start();
        else if (now.shuttle === 0 && now.playhead !== before.playhead) this.#still();
      }),
      projectStore.subscribe((now, before) => {
        if (now.opened !== before.opened || showsOther(now.history.document, before.history.document))
          this.#still();
      }),
      previewStore.subscribe(() => this.#still()),
    ];
    this.#start();
  }

  dispose(): void {
    for (const stop of this.#stops) stop();
    cancelAnimationFrame(this.#frameRequest);
    this.#layer.dispose();
  }

  #start(): void {
    cancelAnimationFrame(this.#frameRequest);
    this.#last = -1;
    if (getView().shuttle === 0) this.#still();
    else this.#frameRequest = requestAnimationFrame(() => this.#tick());
  }

  #still(): void {
    const { playhead, shuttle } = getView();
    if (shuttle !== 0) return;
    const [reels, choice] = [this.#reels, this.#choice];
    this.#layer.show(reels.at(choice, playhead), playhead, reels.isComing(choice, playhead));
  }

  #tick(): void {
    const { playhead, shuttle } = getView();
    if (shuttle === 0) return;
    this.#follow(playhead, shuttle);
    this.#last = playhead;
    this.#frameRequest = requestAnimationFrame(() => this.#tick());
  }

  #follow(frame: number, speed: number): void {
    const reel = this.#reels.at(this.#choice, frame);
    const layer = this.#layer;
    // Backwards, and where there is nothing to play, frame by frame.
    if (!reel || speed < 0) {
      layer.show(reel, frame);
      return;
    }
    const trim = trimFor(frame - layer.clockFrame);
    const isSame = layer.reel?.url === reel.url && layer.reel.segment.from === reel.segment.from;
    if (this.#last < 0 || !isSame || !layer.playing || trim === null) layer.play(reel, frame, speed);
    else {
      layer.setSpeed(speed, trim);
      layer.paint();
    }
  }
}
