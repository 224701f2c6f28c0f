/** When the VAE of a bundle works in tiles. */
import type { Foretold } from '../memory/foretold.ts';
import { type Tiled, vaeInTiles } from '../memory/vae.ts';
import type { BundleFacts, DecodeOptions, OpenBundleOptions } from '../types.ts';
import { alwaysInTiles, inTilesNow, type TilesChoice } from './choice.ts';

type Size = Parameters<BundleFacts['vaeMemory']>[0];

export interface TilesOfVaeOptions extends Pick<OpenBundleOptions, 'vaeTiles' | 'provider' | 'freeMemory'> {
  readonly model: Pick<BundleFacts, 'vaeMemory' | 'untiled'>;
  /** Bytes of the weights that may be loaded beside it. */
  readonly weights: number;
}

export class TilesOfVae {
  readonly #of: TilesOfVaeOptions;
  /** By size: what it holds after its first picture is not free for the next, and pictures of a take are made alike. */
  readonly #decided = new Map<string, boolean>();

  constructor(of: TilesOfVaeOptions) {
    this.#of = of;
  }

  encode(size: Size): boolean {
    return alwaysInTiles(this.#choice(size));
  }

  decode(size: Size, { steady = false }: DecodeOptions = {}): boolean {
    if (steady) return this.encode(size);
    const key = `${size.width}×${size.height}`;
    const decided = this.#decided.get(key) ?? inTilesNow(this.#choice(size), this.#free() - this.#of.weights);
    this.#decided.set(key, decided);
    return decided;
  }

  of(size: Size): Tiled {
    const steady = this.encode(size);
    return { encode: steady, decode: this.decode(size), steady };
  }

  /** What is foretold of the whole, where tiles take less. */
  foretold(whole: Foretold, size: Size): Foretold {
    return vaeInTiles(whole, this.#of.model.vaeMemory(size), this.of(size));
  }

  /** Its memory was given back. */
  forget(): void {
    this.#decided.clear();
  }

  #free(): number {
    return this.#of.freeMemory?.() ?? Number.POSITIVE_INFINITY;
  }

  #choice(size: Size): TilesChoice {
    const { vaeTiles: asked = 'off', provider, model } = this.#of;
    return { asked, provider, whole: model.vaeMemory(size).whole, untiled: model.untiled };
  }
}
