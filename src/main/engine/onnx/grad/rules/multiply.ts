/** Products of matrices. */
import { attr } from '../../ir/graph.ts';
import { ELEMENT } from '../../ir/types.ts';
import { product } from '../../shapes/known.ts';
import { type Emitter, type Followed, type Rule, type Rules, undifferentiable } from '../rule.ts';
import { einsum } from './einsum.ts';

/** How an operand lies: the order of its axes that makes rows and columns its last two. */
interface Operand {
  readonly value: string;
  readonly perm: readonly number[];
}

/** The last two axes change places. */
function turn(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return rank < 2 ? axes : [...axes.slice(0, -2), rank - 1, rank - 2];
}

/** @param batch whether the first axis stands for the rows, before the axes of the batch: onnxruntime's transBatchA */
function operand(emit: Emitter, value: string, turned: boolean, batch = false): Operand {
  const { length } = emit.dims(value);
  const axes = Array.from({ length }, (_, i) => i);
  const moved = batch && length > 2 ? [...axes.slice(1, -1), 0, length - 1] : axes;
  return { value, perm: turned ? turn(length).map((axis) => moved[axis]!) : moved };
}

function inverse(perm: readonly number[]): number[] {
  const back = perm.map(() => 0);
  for (const [i, axis] of perm.entries()) back[axis] = i;
  return back;
}

/** Transposed, or what it was transposed from: a weight that lies transposed in its file is then read as it lies. */
function transposed(emit: Emitter, value: string, perm: readonly number[]): string {
  const maker = emit.graph.producer(value);
  const before = maker?.op === 'Transpose' ? maker.ints('perm') : null;
  const undone = before?.length === perm.length && perm.every((axis, i) => before[axis] === i);
  return maker && undone ? maker.inputs[0]! : emit.transpose(value, perm);
}

/**
 * Cotangents of A and B of Y = A·B, broadcast over the batch, each as it lies.
 * @param d of Y
 */
function multiplied(
  { wants, emit }: Pick<Followed, 'wants' | 'emit'>,
  d: string,
  a: Operand,
  b: Operand,
): (string | null)[] {
  const [left, right] = [a, b].map(({ value, perm }) => perm.map((axis) => emit.dims(value)[axis]!)) as [
    number[],
    number[],
  ];
  // A vector is a row on the left, a column on the right.
  const rows = left.length === 1 ? [1, ...left] : left;
  const columns = right.length === 1 ? [...right, 1] : right;
  const full = [...batchOf(emit.dims(d), left, right), rows.at(-2)!, columns.at(-1)!];
  const whole = emit.reshape(d, full);
  /** The operand with its rows for columns. */
  const flipped = ({ value, perm }: Operand, dims: readonly number[]) =>
    perm.length === 1
      ? emit.reshape(value, [...dims].reverse())
      : transposed(
          emit,
          value,
          turn(perm.length).map((axis) => perm[axis]!),
        );
  const back = (
    pulled: string,
    { value, perm }: Operand,
    dims: readonly number[],
    plain: readonly number[],
  ) =>
    perm.length === 1
      ? emit.reshape(emit.sumTo(pulled, dims), emit.dims(value))
      : emit.transpose(emit.sumTo(pulled, plain), inverse(perm));
  return [
    wants(0) ? back(emit.op('MatMul', [whole, flipped(b, columns)]), a, rows, left) : null,
    wants(1) ? back(byRight(), b, columns, right) : null,
  ];

  function byRight(): string {
    // One matrix for the whole batch: all rows of the batch at once, not a product for each that is summed after.
    if (columns.length === 2 && rows.length > 2) {
      const { value, perm } = a;
      const [depth, width] = [rows.at(-1)!, columns.at(-1)!];
      const count = product(rows.slice(0, -1));
      const tall = emit.reshape(emit.transpose(value, perm), [count, depth]);
      return emit.op('MatMul', [emit.transpose(tall, [1, 0]), emit.reshape(whole, [count, width])]);
    }
    return emit.op('MatMul', [flipped(a, rows), whole]);
  }
}

/** Of what was made: its sides before those of the matrices. */
function batchOf(
  made: readonly number[],
  left: readonly number[],
  right: readonly number[],
): readonly number[] {
  const matrix = Number(left.length > 1) + Number(right.length > 1);
  return made.slice(0, made.length - matrix);
}

const matMul: Rule = (of) => {
  const { node, cotangents, emit } = of;
  const [a, b] = node.inputs as [string, string];
  return multiplied(of, cotangents[0]!, operand(emit, a, false), operand(emit, b, false));
};

/** alpha · op(A)·op(B), the operands of which may lie transposed, and with the rows before the batch. */
const fusedMatMul: Rule = (of) => {
  const { node, cotangents, emit } = of;
  const flag = (name: string) => node.int(name, 0) === 1;
  const [a, b] = node.inputs as [string, string];
  return multiplied(
    of,
    scaled(emit, cotangents[0]!, node.float('alpha') ?? 1),
    operand(emit, a, flag('transA'), flag('transBatchA')),
    operand(emit, b, flag('transB'), flag('transBatchB')),
  );
};

/** alpha · op(A)·op(B) + beta · C of matrices. */
const gemm: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const [a, b, c] = node.inputs as [string, string, string | undefined];
  const d = cotangents[0]!;
  const pulled =
    wants(0) || wants(1)
      ? multiplied(
          of,
          scaled(emit, d, node.float('alpha') ?? 1),
          operand(emit, a, node.int('transA', 0) === 1),
          operand(emit, b, node.int('transB', 0) === 1),
        )
      : [null, null];
  const added = c && wants(2) ? emit.sumTo(scaled(emit, d, node.float('beta') ?? 1), emit.dims(c)) : null;
  return [...pulled, added];
};

function scaled(emit: Emitter, value: string, by: number): string {
  return by === 1 ? value : emit.op('Mul', [value, emit.float(by)]);
}

/** Weights in few bits, blocks of each row sharing a scale (onnxruntime's MatMulNBits): by the input, and what is added, alone. */
const matMulNBits: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const bits = node.int('bits', 4);
  if (bits !== 4 && bits !== 8) throw undifferentiable(node, `weights of ${bits} bits`);
  if (node.inputs[4]) throw undifferentiable(node, 'columns in an order of their own (g_idx)');
  const [, , , , , bias] = node.inputs;
  const d = cotangents[0]!;
  const pulled = node.inputs.map((): string | null => null);
  if (wants(0)) pulled[0] = emit.op('MatMul', [d, widened(of, bits)]);
  if (bias && wants(5)) pulled[5] = emit.sumTo(d, emit.dims(bias));
  return pulled;
};

/** The matrix [N, K] in float32. */
function widened({ node, emit }: Followed, bits: 4 | 8): string {
  const [, packed, scales, zero] = node.inputs as [string, string, string, string | undefined];
  const [n, k, size] = [node.int('N', 0), node.int('K', 0), node.int('block_size', 0)];
  const blocks = Math.ceil(k / size);
  const codes = emit.reshape(unpacked(emit, packed, bits), [n, blocks, size]);
  const grid = (value: string) => emit.reshape(value, [n, blocks, 1]);
  const middle = zero ? grid(zeroPoints(zero)) : emit.float(2 ** (bits - 1));
  const factors = emit.op('Cast', [scales], { to: attr.int(ELEMENT.float32) });
  const whole = emit.op('Mul', [emit.op('Sub', [codes, middle]), grid(factors)]);
  const rows = emit.reshape(whole, [n, blocks * size]);
  return blocks * size === k ? rows : emit.split(rows, 1, [k, blocks * size - k])[0]!;

  /** Packed like the weights, each row in whole bytes; or plain numbers. */
  function zeroPoints(value: string): string {
    const all =
      emit.type(value) === ELEMENT.uint8
        ? unpacked(emit, value, bits)
        : emit.op('Cast', [value], { to: attr.int(ELEMENT.float32) });
    const perRow = product(emit.dims(all)) / n;
    const rows = emit.reshape(all, [n, perRow]);
    return perRow === blocks ? rows : emit.split(rows, 1, [blocks, perRow - blocks])[0]!;
  }
}

/** Bytes as numbers, the lower half of each first; another axis at the end. */
function unpacked(emit: Emitter, bytes: string, bits: 4 | 8): string {
  const wide = emit.op('Cast', [bytes], { to: attr.int(ELEMENT.float32) });
  if (bits === 8) return wide;
  const dims = [...emit.dims(wide), 1];
  const high = emit.op('Floor', [emit.op('Mul', [wide, emit.float(1 / 16)])]);
  const low = emit.op('Sub', [wide, emit.op('Mul', [high, emit.float(16)])]);
  return emit.op('Concat', [emit.reshape(low, dims), emit.reshape(high, dims)], {
    axis: attr.int(dims.length - 1),
  });
}

export const MULTIPLY: Rules = {
  MatMul: matMul,
  'com.microsoft.FusedMatMul': fusedMatMul,
  Gemm: gemm,
  Einsum: einsum,
  'com.microsoft.MatMulNBits': matMulNBits,
};
