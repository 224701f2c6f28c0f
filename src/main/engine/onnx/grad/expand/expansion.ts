/** What takes a fused operator apart. */
import type { Node } from '../../ir/graph.ts';
import type { Emitter } from '../rule.ts';

export interface Fused {
  readonly node: Node;
  readonly emit: Emitter;
}

/** Values for the outputs of the node that are read, in their order; null where this form of it stays as it is. */
export type Expansion = (of: Fused) => readonly string[] | null;
/** By operator. */
export type Expansions = Readonly<Record<string, Expansion>>;

export const given = ({ inputs }: Node, input: number) => (inputs[input] ?? '') !== '';

/** Whether an output beyond the first ones is asked for. */
export const gives = ({ outputs }: Node, from: number) => outputs.slice(from).some((output) => output !== '');
