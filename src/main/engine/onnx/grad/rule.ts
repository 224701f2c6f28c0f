/** What a rule of reverse mode is, and what it writes the backward graph with (Griewank and Walther 2008, ch. 3). */
import { AppError } from '../../../../common/errors.ts';
import type { Attribute, Graph, Node } from '../ir/graph.ts';

/** Adds nodes to the graph that is followed back. All of it computes in float32; every value's shape is known. */
export interface Emitter {
  readonly graph: Graph;
  /** Version of the standard operator set, which what is added is of. */
  readonly opset: number;
  /** @throws AppError bundle-invalid naming who makes a value whose shape cannot be told */
  dims(value: string): readonly number[];
  /** Element type by its ONNX number. */
  type(value: string): number;
  /** What a small constant holds, row-major: axes, sizes, a scale; null of all others. */
  values(value: string): readonly number[] | null;
  /** Adds a node of one output; its shape is inferred. */
  op(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: string,
  ): string;
  /** The one operator with several outputs. */
  split(value: string, axis: number, sizes: readonly number[]): string[];
  /** Over axes from the front, whose sides stay as 1, whatever the operator set has for it. */
  sum(value: string, axes: readonly number[]): string;
  mean(value: string, axes: readonly number[]): string;
  /** The value itself where its shape is that already. */
  reshape(value: string, dims: readonly number[]): string;
  transpose(value: string, perm: readonly number[]): string;
  /** Broadcast to a shape. */
  expand(value: string, dims: readonly number[]): string;
  zeros(dims: readonly number[]): string;
  /** Initializers, shared when equal: int64 of one axis; float32 without axes, or of these sides. */
  ints(values: readonly number[]): string;
  float(value: number): string;
  floats(values: Float32Array, dims: readonly number[]): string;
  /** Undoes broadcasting: sums over the axes that `dims` has not, or has as 1. */
  sumTo(value: string, dims: readonly number[]): string;
}

/** A node as a rule sees it. */
export interface Followed {
  readonly node: Node;
  /** Of each output, in its shape, null where nothing depends on it; one at least is there. */
  readonly cotangents: readonly (string | null)[];
  /** Whether the cotangent of an input is asked for. */
  wants(input: number): boolean;
  readonly emit: Emitter;
}

/**
 * Cotangents of the inputs in their order and shape, null where one has none. Only asked of inputs that `wants`.
 * @throws AppError undifferentiable
 */
export type Rule = (of: Followed) => readonly (string | null)[];
/** By operator; those outside the standard set as "com.microsoft.FusedMatMul". */
export type Rules = Readonly<Record<string, Rule>>;

/** @param why of this form of the operator alone: "mode cubic" */
export function undifferentiable(node: Node, why?: string): AppError {
  const form = why === undefined ? '' : ` with ${why}`;
  const domain = node.domain === '' ? '' : `${node.domain}.`;
  return new AppError(
    'bundle-invalid',
    `the operator ${domain}${node.op} (${node.label})${form} cannot be differentiated`,
    {
      doing: 'following the network backwards',
      hint: 'Choose a method or a setting without gradients, or export the model again without optimising it.',
    },
  );
}
