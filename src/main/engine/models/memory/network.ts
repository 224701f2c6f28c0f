/** What a network takes, foretold from its graph as it is run. */
import type { Graph } from '../../onnx/ir/graph.ts';
import { ELEMENT } from '../../onnx/ir/types.ts';
import { Arena } from '../../onnx/shapes/arena.ts';
import { Footprint } from '../../onnx/shapes/footprint.ts';
import { inferShapes } from '../../onnx/shapes/infer.ts';
import type { Known } from '../../onnx/shapes/known.ts';
import type { SessionChoice } from '../session-choice.ts';
import { type WeightMemory, weightMemory } from './weights.ts';

/** Inputs of one call by their names: sizes, and values where sizes depend on them. */
export type Fed = ReadonlyMap<string, Known>;

export function floats(...dims: readonly number[]): Known {
  return { dims, type: ELEMENT.float32 };
}

export function integers(...values: readonly number[]): Known {
  return { dims: [values.length], type: ELEMENT.int64, values };
}

export class NetworkMemory {
  readonly weights: WeightMemory;
  readonly #graph: Graph;
  readonly #footprint: Footprint;
  /** By the calls: plans and refusals ask for the same ones again, at tens of milliseconds a call of a large network. */
  readonly #held = new Map<string, number>();

  /** @param graph after all passes; it must not change any more */
  constructor(graph: Graph, how: SessionChoice) {
    this.#graph = graph;
    this.weights = weightMemory(graph, how);
    this.#footprint = new Footprint(graph, { folds: !how.keepHalf });
  }

  /** Bytes of the weights of the open session. */
  get opened(): number {
    return this.weights.own + this.weights.mapped;
  }

  /** Bytes that the runtime holds besides after these calls, one after the other: it gives nothing back while the session is open. */
  holds(calls: readonly Fed[]): number {
    const key = JSON.stringify(calls.map((fed) => [...fed]));
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const arena = new Arena();
    for (const fed of calls) this.#footprint.run(arena, this.#completed(fed));
    this.#held.set(key, arena.touched);
    return arena.touched;
  }

  /** Of all values whose shape can be told. */
  shapes(fed: Fed): ReadonlyMap<string, Known> {
    return inferShapes(this.#graph, this.#completed(fed));
  }

  /** The value that an input is added to. */
  addedTo(input: string): string | null {
    return this.#graph.consumers(input)[0]?.inputs.find((other) => other !== input) ?? null;
  }

  #completed(fed: Fed): Fed {
    const { inputs, initializers } = this.#graph;
    return completed(inputs, initializers, fed);
  }
}

/**
 * Of what may be fed, what a graph has. What nobody names has its own sides where the graph fixes them, else is a single number: the
 * strength of an adapter, a residual where no ControlNet holds.
 */
export function completed(
  inputs: Graph['inputs'],
  constants: { has(name: string): boolean },
  fed: Fed,
): Map<string, Known> {
  const all = new Map<string, Known>();
  for (const { name, type, dims } of inputs) {
    if (constants.has(name)) continue;
    const sides = (dims ?? []).map((side) => (typeof side === 'number' ? side : 1));
    all.set(name, fed.get(name) ?? { dims: sides, type: type ?? ELEMENT.float32 });
  }
  return all;
}
