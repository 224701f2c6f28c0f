/** Sums of products by Einstein's convention, of one or two arrays: as transpositions and one product of matrices. */
import { product } from '../../shapes/known.ts';
import { einsumLetters } from '../../shapes/operators/einsum-letters.ts';
import { type Emitter, type Followed, type Rule, undifferentiable } from '../rule.ts';

/** An array and a letter for each of its axes. */
interface Lettered {
  readonly value: string;
  readonly letters: readonly string[];
}

/** The cotangent of an operand is the same sum with the operand and what was made in each other's places. */
export const einsum: Rule = (of) => {
  const { node, cotangents, wants, emit } = of;
  const { inputs, output } = lettersOf(of);
  if (inputs.length > 2) throw undifferentiable(node, `${inputs.length} operands`);
  const made = { value: cotangents[0]!, letters: output };
  return inputs.map((operand, i) => {
    if (!wants(i)) return null;
    const other = inputs[1 - i];
    // Letters of this operand alone were summed over: each of their places has the same cotangent.
    const open = operand.letters.filter((one) => output.includes(one) || other?.letters.includes(one));
    const pulled = other ? contracted(emit, made, other, open) : ordered(emit, made, open);
    return spread(emit, { value: pulled, letters: open }, operand);
  });
};

function lettersOf({ node, emit }: Followed): { inputs: Lettered[]; output: readonly string[] } {
  const equation = node.text('equation') ?? '';
  const ranks = node.inputs.map((input) => emit.dims(input).length);
  const found = einsumLetters(equation, ranks);
  const inputs = found.inputs.map((letters, i) => ({ value: node.inputs[i]!, letters }));
  if (inputs.some(({ letters }) => new Set(letters).size < letters.length))
    throw undifferentiable(node, `a letter twice in one operand (${equation})`);
  const sides = new Map<string, number>();
  for (const { value, letters } of inputs)
    for (const [axis, letter] of letters.entries()) {
      const side = emit.dims(value)[axis]!;
      if ((sides.get(letter) ?? side) !== side)
        throw undifferentiable(node, `operands that are broadcast (${equation})`);
      sides.set(letter, side);
    }
  return { inputs, output: found.output };
}

/** The axes in another order; letters that are not wanted are summed over. */
function ordered(emit: Emitter, { value, letters }: Lettered, wanted: readonly string[]): string {
  const gone = letters.flatMap((one, axis) => (wanted.includes(one) ? [] : [axis]));
  const left = letters.filter((one) => wanted.includes(one));
  const dims = emit.dims(value).filter((_, axis) => !gone.includes(axis));
  const summed = emit.reshape(emit.sum(value, gone), dims);
  return emit.transpose(
    summed,
    wanted.filter((one) => left.includes(one)).map((one) => left.indexOf(one)),
  );
}

/** Σ a·b over the letters that are not in `wanted`, as one product of matrices per batch. */
function contracted(emit: Emitter, a: Lettered, b: Lettered, wanted: readonly string[]): string {
  const both = a.letters.filter((one) => b.letters.includes(one));
  const batch = both.filter((one) => wanted.includes(one));
  const inner = both.filter((one) => !wanted.includes(one));
  const own = ({ letters }: Lettered) => letters.filter((one) => wanted.includes(one) && !both.includes(one));
  const [rows, columns] = [own(a), own(b)];
  const side = (one: string) => {
    const from = a.letters.includes(one) ? a : b;
    return emit.dims(from.value)[from.letters.indexOf(one)]!;
  };
  const count = (letters: readonly string[]) => product(letters.map(side));
  const left = emit.reshape(ordered(emit, a, [...batch, ...rows, ...inner]), [
    ...[count(batch), count(rows), count(inner)],
  ]);
  const right = emit.reshape(ordered(emit, b, [...batch, ...inner, ...columns]), [
    ...[count(batch), count(inner), count(columns)],
  ]);
  const made = [...batch, ...rows, ...columns];
  const whole = emit.reshape(emit.op('MatMul', [left, right]), made.map(side));
  return emit.transpose(
    whole,
    wanted.map((one) => made.indexOf(one)),
  );
}

/** Axes of the operand that are missing are put in, the same all along. */
function spread(emit: Emitter, { value, letters }: Lettered, operand: Lettered): string {
  const dims = emit.dims(operand.value);
  const ones = dims.map((side, axis) => (letters.includes(operand.letters[axis]!) ? side : 1));
  return emit.expand(emit.reshape(value, ones), dims);
}
