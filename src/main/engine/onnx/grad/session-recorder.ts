/** Networks followed backwards: per size one graph back, which computes anew what was not kept. */
import pLimit from 'p-limit';
import { AppError, assert, type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import type { Model } from '../ir/graph.ts';
import { ELEMENT } from '../ir/types.ts';
import type { Feed, RunTensor, Session } from '../ort.ts';
import { CAUSAL_LENGTH } from '../passes/causal-attention.ts';
import { JOINT_FRAMES } from '../passes/joint-attention.ts';
import { SELF_LENGTH } from '../passes/reference-attention.ts';
import { parseModel } from '../serde.ts';
import { type Known, product } from '../shapes/known.ts';
import type { Asked } from './backward.ts';
import { breakdown } from './breakdown.ts';
import { type Chain, chainOf } from './chain.ts';
import { fixShapes } from './fix-shapes.ts';
import type { Recorded, Recorder } from './recorder.ts';

export interface SessionRecorderOptions {
  /** The network forwards, of any size, its attention written out; weights in files stay there. */
  readonly graph: Uint8Array;
  /** The network as messages call it: "the UNet of tiny-sd". */
  readonly label: string;
  /** Runs it forwards: what a recorded call gives is what any other gives, to the bit. */
  readonly forward: Pick<Session, 'run'>;
  /**
   * Opens a session of a graph over the same weights.
   * @param asItStands of large networks: nothing of it is moved, weights are not copied
   */
  open(model: Model, asItStands: boolean): Promise<Session>;
  /** Bytes that a network may make in one call to be followed back as a whole; a quarter of a gigabyte when absent. */
  readonly most?: number | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** Sessions that are kept: of each size, and of what is asked of it. */
export const KEPT = 3;
/** Ways back that are remembered, with sessions or without: to derive one takes a second and more of a large network. */
const REMEMBERED = 16;

/** A network of one size, and the sessions that are open of it. */
interface Followed {
  readonly chain: Chain;
  readonly sessions: Map<'forward' | 'back', Session>;
}

type Feeds = Readonly<Record<string, Feed>>;

export class SessionRecorder implements Recorder {
  readonly #options: SessionRecorderOptions;
  /** Runs come one after the other, and none while a session is let go. */
  readonly #inTurn = pLimit(1);
  /** The one asked last stands last. */
  readonly #followed = new Map<string, Followed>();
  #secondsBefore = 0;
  #opened = 0;
  #closed = false;

  constructor(options: SessionRecorderOptions) {
    this.#options = options;
  }

  /** How often a session was opened. */
  get opened(): number {
    return this.#opened;
  }

  get isOpen(): boolean {
    return this.#sessions.length > 0;
  }

  /** Wall seconds inside bare runs backwards. */
  get runSeconds(): number {
    return this.#sessions.reduce((sum, { runSeconds }) => sum + runSeconds, this.#secondsBefore);
  }

  async record(given: Feeds, fetches: readonly string[], by: readonly string[]): Promise<Recorded> {
    // Whoever calls may fill the same arrays anew before it asks for gradients.
    const feeds = copied(given);
    const { forward, graph, label } = this.#options;
    const { whole, made } = await this.#inTurn(async () => {
      // What cannot be differentiated is refused before anything runs.
      const followed = this.#follow(feeds, { of: fetches, by });
      const { kept } = followed.chain;
      return kept.length === 0
        ? { whole: true, made: await forward.run(feeds, fetches) }
        : { whole: false, made: await this.#run(followed, 'forward', feeds, [...fetches, ...kept]) };
    });
    for (const [name, { data }] of Object.entries(made))
      if (!data.every(Number.isFinite))
        throw await this.#broken(
          `its ${fetches.includes(name) ? 'output' : 'value'} ${name}`,
          fixed(parseModel(graph, label), feeds, `running ${label}`),
          feeds,
        );
    const outputs = Object.fromEntries(fetches.map((name) => [name, made[name]!]));
    return {
      outputs,
      pull: (cotangents, asked) => {
        const odd = asked.find((name) => !by.includes(name));
        assert(odd === undefined, `the call was not recorded for ${odd}`);
        // What was kept serves the way back that it was kept for.
        const way = whole ? { of: Object.keys(cotangents), by: asked } : { of: fetches, by };
        return this.#inTurn(() => this.#pull(this.#follow(feeds, way), feeds, made, cotangents, asked));
      },
    };
  }

  /** Gives the memory back; the next call opens its session again. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      for (const one of this.#followed.values()) await this.#let(one);
    });
  }

  /** For good. */
  close(): Promise<void> {
    this.#closed = true;
    return this.release();
  }

  /** @param made outputs, and what was kept */
  async #pull(
    followed: Followed,
    feeds: Feeds,
    made: Readonly<Record<string, RunTensor>>,
    cotangents: Readonly<Record<string, Float32Array>>,
    by: readonly string[],
  ): Promise<Record<string, RunTensor>> {
    const { chain } = followed;
    const fed: Record<string, Feed> = {};
    for (const name of chain.reads) {
      const known = feeds[name] ?? (made[name] && { type: 'float32', ...made[name] });
      if (known) fed[name] = known;
    }
    for (const [value, name] of chain.cotangents) {
      const { dims, data } = made[value]!;
      const cotangent = cotangents[value] ?? zeros(dims).data;
      assert(cotangent.length === data.length, `the cotangent of ${value} is as large as it`);
      if (chain.reads.includes(name)) fed[name] = { type: 'float32', data: cotangent, dims };
    }
    const names = by.flatMap((name) => chain.gradients.get(name) ?? []);
    const found = names.length > 0 ? await this.#run(followed, 'back', fed, names) : {};
    const pulled: Record<string, RunTensor> = {};
    for (const name of by) {
      const gradient = chain.gradients.get(name);
      pulled[name] = gradient ? found[gradient]! : zeros(feeds[name]!.dims);
      if (!pulled[name].data.every(Number.isFinite))
        throw await this.#broken(`the gradient by ${name}`, chain.back(), fed);
    }
    return pulled;
  }

  /** @throws AppError bundle-invalid naming an operator that cannot be differentiated */
  #follow(feeds: Feeds, asked: Asked): Followed {
    const { graph, label, most } = this.#options;
    const fed = knownOf(feeds);
    const key = JSON.stringify([[...fed], asked]);
    const found = this.#followed.get(key);
    this.#followed.delete(key);
    const followed = found ?? { chain: chainOf(graph, fed, asked, { label, most }), sessions: new Map() };
    this.#followed.set(key, followed);
    for (const [old, { sessions }] of this.#followed) {
      if (this.#followed.size <= REMEMBERED) break;
      if (sessions.size === 0) this.#followed.delete(old);
    }
    return followed;
  }

  async #run(
    followed: Followed,
    way: 'forward' | 'back',
    feeds: Feeds,
    fetches: readonly string[],
  ): Promise<Record<string, RunTensor>> {
    throwIfCancelled(this.#options.signal);
    const session = followed.sessions.get(way) ?? (await this.#open(followed, way));
    return session.run(feeds, fetches);
  }

  async #open(followed: Followed, way: 'forward' | 'back'): Promise<Session> {
    assert(!this.#closed, 'the model is closed');
    const { chain, sessions } = followed;
    const others = [...this.#followed.values()].filter((one) => one !== followed && one.sessions.size > 0);
    for (const one of others.slice(0, Math.max(0, others.length - KEPT + 1))) await this.#let(one);
    const session = await this.#options.open(chain[way](), way === 'back' && chain.kept.length > 0);
    sessions.set(way, session);
    this.#opened += 1;
    return session;
  }

  async #let({ sessions }: Followed): Promise<void> {
    for (const session of sessions.values()) {
      this.#secondsBefore += session.runSeconds;
      await session.release();
    }
    sessions.clear();
  }

  get #sessions(): Session[] {
    return [...this.#followed.values()].flatMap(({ sessions }) => [...sessions.values()]);
  }

  /** @param model of fixed shapes; is used up */
  async #broken(what: string, model: Model, feeds: Feeds): Promise<AppError> {
    const { label, open } = this.#options;
    const where = await breakdown(model, feeds, (of) => open(of, true));
    return new AppError('not-finite', `${what} broke down (not a number)${where}`, {
      doing: `following ${label} backwards`,
      hint: 'Try another seed or a smaller weight; of a model of half precision, its float32 form.',
    });
  }
}

/** Of the size of these inputs, in place. */
function fixed(model: Model, feeds: Feeds, doing: string): Model {
  fixShapes(model, knownOf(feeds), doing);
  return model;
}

/** Whether sides depend on the numbers of an input, and not on its own sides alone. */
function saysShapes(input: string): boolean {
  return [SELF_LENGTH, CAUSAL_LENGTH, JOINT_FRAMES].includes(input);
}

function knownOf(feeds: Feeds): Map<string, Known> {
  return new Map(
    Object.entries(feeds).map(([name, { type, dims, data }]) => {
      const values = saysShapes(name) ? { values: Array.from(data, Number) } : {};
      return [name, { dims, type: ELEMENT[type], ...values }];
    }),
  );
}

function copied(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [name, { ...feed, data: feed.data.slice() } as Feed]),
  );
}

function zeros(dims: readonly number[]): RunTensor {
  return { data: new Float32Array(product(dims)), dims };
}
