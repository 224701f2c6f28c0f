/** Frames that come one by one as stretches of one length, each half over the one before; a feature each. */
import { FeatureStatistics } from './frechet.ts';
import type { VideoFeatures } from './video-features.ts';

export class Stretches {
  readonly statistics = new FeatureStatistics();
  readonly #network: VideoFeatures;
  #held: Float32Array[] = [];

  constructor(network: VideoFeatures) {
    this.#network = network;
  }

  /** @param rgb RGB8 of height·width·3 */
  async see(rgb: Uint8Array, width: number, height: number): Promise<void> {
    const { length } = this.#network;
    this.#held.push(await this.#network.prepare(rgb, width, height));
    if (this.#held.length < length) return;
    this.statistics.see(await this.#network.feature(this.#held));
    this.#held = this.#held.slice(Math.max(1, length >> 1));
  }

  /** Another clip begins: no stretch goes from one into the other. */
  cut(): void {
    this.#held = [];
  }
}
