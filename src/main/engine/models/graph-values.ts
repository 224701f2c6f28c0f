/**
 * Which input and output of a graph is which. Exporters changed names over the years (diffusers' script, optimum old and
 * new), so a value is known by its name where it has a usual one, else by its type and rank.
 */
import type { AppError } from '../../../common/errors.ts';
import type { Model } from '../onnx/ir/graph.ts';
import { type Dim, ELEMENT, elementName, type ValueInfo } from '../onnx/ir/types.ts';
import { defect } from './files.ts';

export const EXPORT_AGAIN = 'Export the model again with optimum-cli export onnx.';

export interface Values {
  readonly list: readonly ValueInfo[];
  readonly rest: Set<ValueInfo>;
}

const FLOATS: readonly number[] = [ELEMENT.float32, ELEMENT.float16, ELEMENT.float64, ELEMENT.bfloat16];
const INTEGERS: readonly number[] = [ELEMENT.int64, ELEMENT.int32];
export const isFloat = (value: ValueInfo) => value.type !== null && FLOATS.includes(value.type);
export const isInteger = (value: ValueInfo) => value.type !== null && INTEGERS.includes(value.type);
export const integerType = (value: ValueInfo): 'int32' | 'int64' | null =>
  value.type === ELEMENT.int32 ? 'int32' : value.type === ELEMENT.int64 ? 'int64' : null;
export const rank = (value: ValueInfo) => value.dims?.length ?? null;
export const fixedDim = (value: ValueInfo, index: number): number | null => {
  const dim = value.dims?.at(index);
  return typeof dim === 'number' && dim > 0 ? dim : null;
};

/** Graph inputs that are not weights: the oldest exporters list every weight among the inputs too. */
export function inputsOf(model: Model): Values {
  const list = model.graph.inputs.filter((input) => !model.graph.initializers.has(input.name));
  return { list, rest: new Set(list) };
}

export function take(
  values: Values,
  names: readonly string[],
  fits: (value: ValueInfo) => boolean,
): ValueInfo | undefined {
  const named = names.flatMap((name) => values.list.find((value) => value.name === name) ?? []);
  const found = named[0] ?? values.list.find(fits);
  if (found) values.rest.delete(found);
  return found;
}

export function describe(value: { name: string; type: number | null; dims: readonly Dim[] | null }): string {
  const dims = value.dims?.map((dim) => dim ?? '?').join(', ');
  return `${value.name} ${value.type === null ? 'of unknown type' : elementName(value.type)} [${dims ?? '…'}]`;
}

/** Element type most of a graph's weights have: "float32", "float16". */
export function weightType(model: Model): string {
  const bytes = new Map<number, number>();
  for (const tensor of model.graph.initializers.values()) {
    const size = tensor.dims.reduce((product, dim) => product * dim, 1);
    bytes.set(tensor.type, (bytes.get(tensor.type) ?? 0) + size);
  }
  const most = [...bytes].sort((a, b) => b[1] - a[1])[0];
  return most ? elementName(most[0]) : 'none';
}

export function notA(file: string, what: string, missing: string, values: readonly ValueInfo[]): AppError {
  const found = values.map(describe).join('; ') || 'none';
  return defect(file, `this is no ${what}: ${missing} (found ${found})`, EXPORT_AGAIN);
}

/** 2 to the number of stride-2 convolutions: how much a graph shrinks its picture on the way down. */
export function strideFactor(model: Model): number {
  let factor = 1;
  for (const node of model.graph.nodes) {
    if (node.op === 'Conv' && node.ints('strides')?.every((stride) => stride === 2)) factor *= 2;
  }
  return factor;
}
