/** What holds a rule of reverse mode to its word: a small function of numbers, and who it is checked by. */
import { differentiate } from '../../../src/main/engine/onnx/grad/backward.ts';
import { expandFused } from '../../../src/main/engine/onnx/grad/expand.ts';
import type { Model } from '../../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENT } from '../../../src/main/engine/onnx/ir/types.ts';
import { evaluate } from '../float64/evaluate.ts';
import { type Numbers, product } from '../float64/numbers.ts';
import { noise, textModel } from '../onnx.ts';

export interface Proof {
  /** The operator and what is special about it: "Conv, strided, with an odd side". */
  readonly name: string;
  /** Real inputs and their sides; differentiated by all of them. */
  readonly x: Readonly<Record<string, readonly number[]>>;
  /** Nodes and constants as text; y is what is made. */
  readonly body: string;
  readonly opset?: number;
  /** Where inputs lie when not in [−1, 1): logarithms, roots. */
  readonly range?: readonly [low: number, high: number];
  /** Values of inputs that are places. */
  readonly places?: Readonly<
    Record<string, { readonly dims: readonly number[]; readonly values: readonly number[] }>
  >;
  /** Weights in bytes. */
  readonly bytes?: Readonly<Record<string, readonly number[]>>;
  /** Inputs that are not differentiated by. */
  readonly still?: readonly string[];
  /** Taken apart by the pass for fused operators before it is followed. */
  readonly fused?: boolean;
}

export function modelOf({ x, places = {}, bytes = {}, body, opset }: Proof): Model {
  const value = (type: string, [name, dims]: readonly [string, readonly number[]]) =>
    `${type}[${dims}] ${name}`;
  const heads = [
    ...Object.entries(x).map((one) => value('float32', one)),
    ...Object.entries(places).map(([name, { dims }]) => value('int64', [name, dims])),
  ];
  const model = textModel(`${heads.join(', ')} => float32[] y\n${body}`, opset);
  for (const [name, dims] of Object.entries(bytes)) {
    const held = new Uint8Array(noise(name, product(dims)).map((v) => Math.floor(((v + 1) / 2) * 256)));
    model.graph.initializers.set(name, {
      name,
      dims,
      type: ELEMENT.uint8,
      data: { kind: 'bytes', bytes: held },
    });
  }
  model.graph.outputs[0] = { name: 'y', type: ELEMENT.float32, dims: null };
  return model;
}

/** The same numbers for the same proof; rounded to float32, so that every arithmetic begins with the same. */
function feedsOf({ name, x, places = {}, range = [-1, 1] }: Proof): Record<string, Numbers> {
  const [low, high] = range;
  const drawn = (input: string, dims: readonly number[]): Numbers => ({
    dims,
    data: new Float64Array(noise(`${name} ${input}`, product(dims))).map((v) =>
      Math.fround(low + ((v + 1) / 2) * (high - low)),
    ),
  });
  const real = Object.entries(x).map(([input, dims]) => [input, drawn(input, dims)]);
  const whole = Object.entries(places).map(([input, { dims, values }]) => [
    input,
    { dims, data: Float64Array.from(values) },
  ]);
  return Object.fromEntries([...real, ...whole]);
}

export function byOf({ x, still = [] }: Proof): string[] {
  return Object.keys(x).filter((input) => !still.includes(input));
}

function cotangentOf({ name }: Proof, dims: readonly number[]): Numbers {
  return { dims, data: Float64Array.from(noise(`${name} cotangent`, product(dims))) };
}

/** A model that makes gradients, by the names of its outputs, and what it is fed. */
export interface Followed {
  readonly model: Model;
  readonly feeds: Readonly<Record<string, Numbers>>;
  readonly gradients: ReadonlyMap<string, string>;
  /** y, of the graph as it was. */
  readonly made: Numbers;
}

export function followed(proof: Proof): Followed {
  const feeds = feedsOf(proof);
  const made = evaluate(modelOf(proof), feeds).get('y')!;
  const model = modelOf(proof);
  if (proof.fused) expandFused(model);
  const { cotangents, gradients } = differentiate(model, { of: ['y'], by: byOf(proof) });
  const found = [...gradients].flatMap(([input, output]) =>
    output === null ? [] : [[input, output] as const],
  );
  return {
    model,
    feeds: { ...feeds, [cotangents.get('y')!]: cotangentOf(proof, made.dims) },
    gradients: new Map(found),
    made,
  };
}

/** Step of the central differences: their error is its square times the third derivative, some 1e-8. */
const STEP = 1e-4;

/** ∂/∂input Σ y·cotangent by central differences, in float64. */
export function differences(proof: Proof, input: string): Float64Array {
  const model = modelOf(proof);
  const feeds = feedsOf(proof);
  const of = feeds[input]!;
  const loss = (data: Float64Array) => {
    const y = evaluate(model, { ...feeds, [input]: { dims: of.dims, data } }).get('y')!;
    const c = cotangentOf(proof, y.dims);
    return y.data.reduce((sum, one, i) => sum + one * c.data[i]!, 0);
  };
  return of.data.map((value, i) => {
    const [more, less] = [value + STEP, value - STEP];
    return (loss(of.data.with(i, more)) - loss(of.data.with(i, less))) / (more - less);
  });
}
