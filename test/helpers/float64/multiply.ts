/** Products of matrices. */
import {
  at,
  broadcastDims,
  make,
  type Numbers,
  type Operator,
  type Operators,
  product,
  spread,
  visit,
} from './numbers.ts';

function turned(x: Numbers): Numbers {
  const dims = [...x.dims.slice(0, -2), x.dims.at(-1)!, x.dims.at(-2)!];
  return make(dims, (place) => at(x, [...place.slice(0, -2), place.at(-1)!, place.at(-2)!]));
}

/** Of any rank, as NumPy's matmul. */
export function multiplied(a: Numbers, b: Numbers, scale = 1): Numbers {
  const left = a.dims.length === 1 ? { ...a, dims: [1, a.dims[0]!] } : a;
  const right = b.dims.length === 1 ? { ...b, dims: [b.dims[0]!, 1] } : b;
  const rows = left.dims.at(-2)!;
  const columns = right.dims.at(-1)!;
  const inner = left.dims.at(-1)!;
  if (inner !== right.dims.at(-2)) throw new Error(`[${a.dims}] times [${b.dims}]`);
  const batch = broadcastDims(left.dims.slice(0, -2), right.dims.slice(0, -2));
  const made = make([...batch, rows, columns], (place) => {
    const outer = place.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum += spread(left, [...outer, place.at(-2)!, k]) * spread(right, [...outer, k, place.at(-1)!]);
    return scale * sum;
  });
  const dims = [...batch, ...(a.dims.length === 1 ? [] : [rows]), ...(b.dims.length === 1 ? [] : [columns])];
  return { dims, data: made.data };
}

const fused: Operator = ([a, b], node) =>
  multiplied(
    node.int('transA', 0) ? turned(a!) : a!,
    node.int('transB', 0) ? turned(b!) : b!,
    node.float('alpha') ?? 1,
  );

const gemm: Operator = (given, node, opset) => {
  const made = fused(given, node, opset) as Numbers;
  const [, , bias] = given;
  const beta = node.float('beta') ?? 1;
  return bias ? make(made.dims, (place, i) => made.data[i]! + beta * spread(bias, place)) : made;
};

/** Any equation without an ellipsis, by its definition. */
const einsum: Operator = (given, node) => {
  const [left, right] = node.text('equation')!.replaceAll(' ', '').split('->') as [string, string];
  const terms = left.split(',');
  const sides = new Map<string, number>();
  for (const [i, letters] of terms.entries())
    for (const [k, letter] of [...letters].entries()) sides.set(letter, given[i]!.dims[k]!);
  const summed = [...sides.keys()].filter((letter) => !right.includes(letter));
  const inner = summed.map((letter) => sides.get(letter)!);
  return make(
    [...right].map((letter) => sides.get(letter)!),
    (place) => {
      const places = new Map([...right].map((letter, i) => [letter, place[i]!]));
      let sum = 0;
      visit(inner, (within) => {
        for (const [i, letter] of summed.entries()) places.set(letter, within[i]!);
        sum += product(
          terms.map((letters, i) =>
            at(
              given[i]!,
              [...letters].map((letter) => places.get(letter)!),
            ),
          ),
        );
      });
      return sum;
    },
  );
};

/** Weights of 4 or 8 bits in blocks of a scale and a zero point each; what is of 4 bits lies in halves of bytes, the lower first. */
const fewBits: Operator = ([a, packed, scales, zero, , bias], node) => {
  const [n, k, size, width] = [
    node.int('N', 0),
    node.int('K', 0),
    node.int('block_size', 0),
    node.int('bits', 4),
  ];
  const blocks = Math.ceil(k / size);
  const code = (bytes: Numbers, i: number) =>
    width === 8 ? bytes.data[i]! : Math.floor(bytes.data[Math.floor(i / 2)]! / (i % 2 ? 16 : 1)) % 16;
  const perRow = width === 8 ? blocks : 2 * Math.ceil(blocks / 2);
  const weight = make([k, n], ([row, column]) => {
    const block = Math.floor(row! / size);
    const middle = zero ? code(zero, column! * perRow + block) : 2 ** (width - 1);
    const held = code(packed!, (column! * blocks + block) * size + (row! % size));
    return (held - middle) * scales!.data[column! * blocks + block]!;
  });
  const made = multiplied(a!, weight);
  return bias ? make(made.dims, (place, i) => made.data[i]! + spread(bias, place)) : made;
};

export const MULTIPLY: Operators = {
  MatMul: fused,
  FusedMatMul: fused,
  Gemm: gemm,
  Einsum: einsum,
  MatMulNBits: fewBits,
};
