/** The tiles of a network: prepared when they are first asked for, and held to what the network makes of a small picture as a whole. */
import { AppError, type CancelSignal } from '../../../../common/errors.ts';
import { NotInBands } from '../../onnx/bands/values.ts';
import type { Model } from '../../onnx/ir/graph.ts';
import type { Feed, RunTensor, Session } from '../../onnx/ort.ts';
import type { Runner, TiledIo } from '../role.ts';
import { stagesOf } from './prepare.ts';
import { sizeFrozen } from './tileable.ts';
import { TiledRunner } from './tiled-runner.ts';

export interface TilesOf {
  readonly model: Model;
  readonly io: TiledIo;
  /** The network as a whole. */
  readonly whole: Runner;
  readonly create: (model: Model) => Promise<Session>;
  /** As messages call it: "the VAE decoder of tiny-sd". */
  readonly label: string;
  readonly signal?: CancelSignal | undefined;
}

/** Of what a network makes of a picture, as a share of its largest value: rounding over all layers stays far below. */
const TOLERANCE = 1e-3;
/** A small latent, and how many times as large the picture of one is. */
const TRIAL = { height: 12, width: 8 };
const PIXELS = 8;
const TRIAL_TILES = 4;

export class Tiles implements Runner {
  readonly #of: TilesOf;
  #runner: TiledRunner | null = null;

  constructor(of: TilesOf) {
    this.#of = of;
  }

  get runSeconds(): number {
    return this.#runner?.runSeconds ?? 0;
  }

  /** @throws AppError bundle-invalid for a network that cannot be parted; Cancelled between two tiles */
  async run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, RunTensor>> {
    return (await this.#prepared()).run(feeds);
  }

  /** Prepares it before the first picture. @throws as run */
  async ready(): Promise<void> {
    await this.#prepared();
  }

  async #prepared(): Promise<TiledRunner> {
    this.#runner ??= await this.#prepare();
    return this.#runner;
  }

  async #prepare(): Promise<TiledRunner> {
    const { model, io, create, signal } = this.#of;
    const { input, output } = io;
    const frozen = sizeFrozen(io);
    if (frozen !== null) throw this.#refusal(frozen);
    try {
      const stages = await stagesOf(model, io, create);
      await this.#prove(new TiledRunner({ stages, input, output, create, signal, count: TRIAL_TILES }));
      return new TiledRunner({ stages, input, output, create, signal });
    } catch (error) {
      throw error instanceof NotInBands ? this.#refusal(error.message) : error;
    }
  }

  /** Whoever exported it may have written what is not seen in the graph's form. */
  async #prove(tiled: TiledRunner): Promise<void> {
    const { whole, io } = this.#of;
    const channels = io.inChannels ?? 3;
    const times = channels === 3 ? PIXELS : 1;
    const [height, width] = [TRIAL.height * times, TRIAL.width * times];
    // Any values do that repeat nowhere.
    const data = Float32Array.from({ length: channels * height * width }, (_, i) =>
      Math.sin(i * i * 0.37 + i),
    );
    const feeds = { [io.input]: { type: 'float32', data, dims: [1, channels, height, width] } } as const;
    const expected = (await whole.run(feeds, [io.output]))[io.output]!;
    const made = (await tiled.run(feeds))[io.output]!;
    let most = 0;
    let off = made.dims.join() === expected.dims.join() ? 0 : Number.POSITIVE_INFINITY;
    for (const [i, value] of expected.data.entries()) {
      most = Math.max(most, Math.abs(value));
      off = Math.max(off, Math.abs(value - made.data[i]!));
    }
    if (!(off <= TOLERANCE * most)) throw this.#refusal('its tiles do not add up to the whole');
  }

  #refusal(why: string): AppError {
    return new AppError('bundle-invalid', `${this.#of.label} cannot work in tiles: ${why}`, {
      doing: 'preparing tiles',
      hint: 'Set the tiles of the VAE to off, and choose a smaller size if memory runs out.',
    });
  }
}
