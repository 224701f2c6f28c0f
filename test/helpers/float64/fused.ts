/** Operators that runtimes put together, by the operators they were before. */
import { Node } from '../../../src/main/engine/onnx/ir/graph.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { MULTIPLY } from './multiply.ts';
import { at, make, type Numbers, type Operator, type Operators, spread } from './numbers.ts';
import { PICTURE } from './picture.ts';

const activated =
  (operator: Operator): Operator =>
  (given, node, opset) => {
    const made = operator(given, node, opset) as Numbers;
    return ELEMENTWISE[node.text('activation')!]!(
      [made],
      new Node({ op: 'each', inputs: [], outputs: [] }),
      opset,
    );
  };

const permuted = (x: Numbers, perm: readonly number[]) =>
  make(
    perm.map((axis) => x.dims[axis]!),
    (place) =>
      at(
        x,
        x.dims.map((_, axis) => place[perm.indexOf(axis)]!),
      ),
  );

const nhwcConv: Operator = ([x, weight, bias], node, opset) => {
  const [pictures, kernels] = [x!, weight!].map((one) => permuted(one, [0, 3, 1, 2]));
  return permuted(PICTURE.Conv!([pictures, kernels, bias], node, opset) as Numbers, [0, 2, 3, 1]);
};

const biasSplitGelu: Operator = ([x, bias], node, opset) => {
  const half = x!.dims.at(-1)! / 2;
  const part = (from: number) =>
    make(x!.dims.with(-1, half), (place) => {
      const c = place.at(-1)! + from;
      return spread(x!, place.with(-1, c)) + bias!.data[c]!;
    });
  const gate = ELEMENTWISE.Gelu!([part(half)], node, opset) as Numbers;
  const kept = part(0);
  return { dims: kept.dims, data: kept.data.map((one, i) => one * gate.data[i]!) };
};

export const FUSED: Operators = {
  FusedConv: activated(PICTURE.Conv!),
  FusedGemm: activated(MULTIPLY.Gemm!),
  NhwcConv: nhwcConv,
  BiasSplitGelu: biasSplitGelu,
  BiasAdd: ELEMENTWISE.Sum!,
};
