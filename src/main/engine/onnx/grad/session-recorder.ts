/** Networks followed backwards as a whole: one graph forwards and backwards per size, in a session of its own. */
import pLimit from 'p-limit';
import { AppError, assert, type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import type { Model } from '../ir/graph.ts';
import { ELEMENT, int64Tensor } from '../ir/types.ts';
import type { Feed, RunTensor, Session } from '../ort.ts';
import { CAUSAL_LENGTH } from '../passes/causal-attention.ts';
import { JOINT_FRAMES } from '../passes/joint-attention.ts';
import { removeUnread } from '../passes/prune.ts';
import { SELF_LENGTH } from '../passes/reference-attention.ts';
import { parseModel } from '../serde.ts';
import { type Asked, type Backward, differentiate } from './backward.ts';
import { breakdown } from './breakdown.ts';
import { expandFused } from './expand.ts';
import { fixShapes } from './fix-shapes.ts';
import type { Recorded, Recorder } from './recorder.ts';

export interface SessionRecorderOptions {
  /** The network forwards, of any size, its attention written out; weights in files stay there. */
  readonly graph: Uint8Array;
  /** The network as messages call it: "the UNet of tiny-sd". */
  readonly label: string;
  /** Runs it forwards: what a recorded call gives is what any other gives, to the bit. */
  readonly forward: Pick<Session, 'run'>;
  /** Opens a session of a graph over the same weights. */
  open(model: Model): Promise<Session>;
  readonly signal?: CancelSignal | undefined;
}

/** Sessions that are kept: of each size, and of what is asked of it. */
const KEPT = 3;

interface Followed extends Backward {
  /** Forwards and backwards, before a session was made of it. */
  make(): Model;
  session: Session | null;
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
    // What cannot be differentiated is refused before anything runs.
    await this.#inTurn(() => this.#follow(given, { of: fetches, by }));
    // Whoever calls may fill the same arrays anew before it asks for gradients.
    const feeds = copied(given);
    const { forward, graph, label } = this.#options;
    const outputs = await forward.run(feeds, fetches);
    for (const [name, { data }] of Object.entries(outputs))
      if (!data.every(Number.isFinite))
        throw await this.#broken(
          `its output ${name}`,
          fixed(parseModel(graph, label), feeds, `running ${label}`),
          feeds,
        );
    return {
      outputs,
      pull: (cotangents, asked) => {
        const odd = asked.find((name) => !by.includes(name));
        assert(odd === undefined, `the call was not recorded for ${odd}`);
        return this.#inTurn(() => this.#pull(feeds, outputs, cotangents, asked));
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
    return this.release();
  }

  async #pull(
    feeds: Feeds,
    outputs: Readonly<Record<string, RunTensor>>,
    cotangents: Readonly<Record<string, Float32Array>>,
    by: readonly string[],
  ): Promise<Record<string, RunTensor>> {
    const { signal } = this.#options;
    const of = Object.keys(cotangents);
    const followed = this.#follow(feeds, { of, by });
    const fed: Record<string, Feed> = { ...feeds };
    for (const name of of) {
      const output = outputs[name];
      const data = cotangents[name]!;
      assert(output?.data.length === data.length, `the cotangent of ${name} is as large as it`);
      fed[followed.cotangents.get(name)!] = { type: 'float32', data, dims: output.dims };
    }
    const names = by.flatMap((name) => followed.gradients.get(name) ?? []);
    throwIfCancelled(signal);
    const made = names.length > 0 ? await (await this.#open(followed)).run(fed, names) : {};
    const pulled: Record<string, RunTensor> = {};
    for (const name of by) {
      const gradient = followed.gradients.get(name);
      pulled[name] = gradient ? made[gradient]! : zeros(feeds[name]!.dims);
      if (!pulled[name].data.every(Number.isFinite))
        throw await this.#broken(`the gradient by ${name}`, followed.make(), fed);
    }
    return pulled;
  }

  /** @throws AppError bundle-invalid naming an operator that cannot be differentiated */
  #follow(feeds: Feeds, asked: Asked): Followed {
    const { graph, label } = this.#options;
    const sizes = Object.entries(feeds).map(
      ([name, { dims, data }]) => `${name} ${dims.join('×')}${saysShapes(name) ? ` of ${data}` : ''}`,
    );
    const key = [...sizes, ...asked.of, 'by', ...asked.by].join(' ');
    const known = this.#followed.get(key);
    this.#followed.delete(key);
    const make = () => followedBack(parseModel(graph, label), feeds, asked, label);
    const followed = known ?? { ...make().backward, make: () => make().model, session: null };
    this.#followed.set(key, followed);
    return followed;
  }

  async #open(followed: Followed): Promise<Session> {
    const open = [...this.#followed.values()].filter(({ session }) => session !== null);
    if (followed.session) return followed.session;
    for (const one of open.slice(0, Math.max(0, open.length - KEPT + 1))) await this.#let(one);
    followed.session = await this.#options.open(followed.make());
    this.#opened += 1;
    return followed.session;
  }

  async #let(followed: Followed): Promise<void> {
    const { session } = followed;
    if (!session) return;
    this.#secondsBefore += session.runSeconds;
    followed.session = null;
    await session.release();
  }

  get #sessions(): Session[] {
    return [...this.#followed.values()].flatMap(({ session }) => session ?? []);
  }

  /** @param model of fixed shapes; is used up */
  async #broken(what: string, model: Model, feeds: Feeds): Promise<AppError> {
    const { label, open } = this.#options;
    const where = await breakdown(model, feeds, open);
    return new AppError('not-finite', `${what} broke down (not a number)${where}`, {
      doing: `following ${label} backwards`,
      hint: 'Try another seed or a smaller weight; of a model of half precision, its float32 form.',
    });
  }
}

/** The graph forwards and backwards, with gradients for its outputs alone. */
function followedBack(
  model: Model,
  feeds: Feeds,
  asked: Asked,
  label: string,
): { model: Model; backward: Backward } {
  keepOutputs(model, asked.of);
  const doing = `following ${label} backwards`;
  expandFused(fixed(model, feeds, doing));
  const backward = differentiate(model, asked);
  keepOutputs(
    model,
    [...backward.gradients.values()].flatMap((name) => name ?? []),
  );
  return { model, backward };
}

/** Of the size of these inputs, in place. */
function fixed(model: Model, feeds: Feeds, doing: string): Model {
  const { graph } = model;
  for (const { name } of graph.inputs.filter(({ name }) => saysShapes(name))) {
    const { dims, data } = feeds[name]!;
    const values = Array.from(data, BigInt);
    graph.replaceUses(name, graph.addInitializer(int64Tensor(name, dims, values)));
  }
  const fed = Object.entries(feeds).map(
    ([name, { dims, type }]) => [name, { dims, type: ELEMENT[type] }] as const,
  );
  fixShapes(model, new Map(fed), doing);
  return model;
}

/** Whether sides depend on the numbers of an input, and not on its own sides alone. */
function saysShapes(input: string): boolean {
  return [SELF_LENGTH, CAUSAL_LENGTH, JOINT_FRAMES].includes(input);
}

function keepOutputs({ graph }: Model, wanted: readonly string[]): void {
  const kept = graph.outputs.filter(({ name }) => wanted.includes(name));
  graph.outputs.splice(0, graph.outputs.length, ...kept);
  if (kept.length > 0) removeUnread(graph);
}

function copied(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [name, { ...feed, data: feed.data.slice() } as Feed]),
  );
}

function zeros(dims: readonly number[]): RunTensor {
  return { data: new Float32Array(dims.reduce((all, side) => all * side, 1)), dims };
}
