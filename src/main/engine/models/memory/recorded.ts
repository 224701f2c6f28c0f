/** What calls of a network that are followed backwards take, beside what it takes forwards. */
import { type Asked, fedOf } from '../../onnx/grad/backward.ts';
import { type Chain, chainOf } from '../../onnx/grad/chain.ts';
import { KEPT } from '../../onnx/grad/session-recorder.ts';
import type { Graph, Model } from '../../onnx/ir/graph.ts';
import { applyPasses, type Step } from '../../onnx/passes/pass.ts';
import { parseModel } from '../../onnx/serde.ts';
import { Arena } from '../../onnx/shapes/arena.ts';
import { Footprint } from '../../onnx/shapes/footprint.ts';
import type { SessionChoice } from '../session-choice.ts';
import { NOTHING_RECORDED, type RecordedBytes } from './foretold.ts';
import { completed, type Fed, type NetworkMemory } from './network.ts';
import { weightMemory } from './weights.ts';

/** Kept values lie with the caller, and for a while those of the call before. */
const COPIES = 2;
/** What the runtime takes beside its arena and the shapes of it, as a share. Measured at Stable Diffusion 1.5's size: docs/performance.md. */
const BESIDE = 1.6;

interface Known {
  readonly bytes: RecordedBytes;
  /** Whether it runs forwards in a session of its own, which keeps what the way back begins from. */
  readonly isCut: boolean;
}

export class RecordedMemory {
  readonly #graph: Uint8Array;
  readonly #how: SessionChoice;
  readonly #last: readonly Step[];
  readonly #label: string;
  readonly #inputs: Graph['inputs'];
  readonly #constants: ReadonlySet<string>;
  /** By the call and what is asked: to derive a way back takes a second and more of a large network. */
  readonly #known = new Map<string, Known>();

  /**
   * @param graph as the recorder has it
   * @param last what every graph goes through before it is opened
   */
  constructor(graph: Uint8Array, of: { how: SessionChoice; last: readonly Step[]; label: string }) {
    this.#graph = graph;
    this.#how = of.how;
    this.#last = of.last;
    this.#label = of.label;
    const { inputs, initializers } = parseModel(graph, of.label).graph;
    this.#inputs = inputs;
    this.#constants = new Set(initializers.keys());
  }

  /** Beside the session that runs it forwards. @throws AppError bundle-invalid naming an operator that cannot be followed back */
  of(fed: Fed, asked: Asked): RecordedBytes {
    return this.#knownOf(fed, asked).bytes;
  }

  /** With the session that runs it forwards, where it is run by that. @throws as `of` */
  withForward(network: NetworkMemory, fed: Fed, asked: Asked): RecordedBytes {
    const { bytes, isCut } = this.#knownOf(fed, asked);
    if (isCut) return bytes;
    return { weights: bytes.weights + network.opened, values: bytes.values + network.holds([fed]) };
  }

  #knownOf(fed: Fed, asked: Asked): Known {
    const all = completed(this.#inputs, this.#constants, fed);
    const key = JSON.stringify([[...all], asked]);
    const found = this.#known.get(key);
    if (found) return found;
    const chain = chainOf(this.#graph, all, asked, { label: this.#label });
    const made = { bytes: this.#bytes(chain), isCut: chain.kept.length > 0 };
    this.#known.set(key, made);
    return made;
  }

  #bytes(chain: Chain): RecordedBytes {
    const cut = chain.kept.length > 0;
    const back = this.#session(chain.back(), cut);
    if (!cut) return back;
    const forward = this.#session(chain.forward(), false);
    return {
      // What both map is one file.
      weights: forward.weights + back.weights,
      values: forward.values + back.values + COPIES * chain.keptBytes,
    };
  }

  /** @param asItStands as the recorder opens it */
  #session(model: Model, asItStands: boolean): RecordedBytes {
    applyPasses(model, this.#last, this.#label);
    const { graph } = model;
    const { own } = weightMemory(graph, { ...this.#how, ...(asItStands && { lowMemory: true }) });
    const arena = new Arena();
    const folds = !asItStands && !this.#how.keepHalf;
    const footprint = new Footprint(graph, { folds, fixed: true });
    const fed = fedOf(graph);
    // A second call finds free stretches elsewhere than the first.
    for (let call = 0; call < 2; call++) footprint.run(arena, fed);
    return { weights: own, values: BESIDE * arena.touched };
  }
}

/** All of these, of which the runtime's sessions of the largest are kept. */
export function together(calls: readonly RecordedBytes[]): RecordedBytes {
  const total = ({ weights, values }: RecordedBytes) => weights + values;
  return calls
    .toSorted((a, b) => total(b) - total(a))
    .slice(0, KEPT)
    .reduce(
      (all, one) => ({ weights: all.weights + one.weights, values: all.values + one.values }),
      NOTHING_RECORDED,
    );
}
