/** The equation of an Einsum as a letter for each axis. */

export interface Letters {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/**
 * Axes behind an ellipsis are named ".0", ".1", …, which no equation names, aligned at the last. Without an arrow the output has them,
 * and the letters that stand once, in the order of the alphabet.
 * @param ranks of the operands
 */
export function einsumLetters(equation: string, ranks: readonly number[]): Letters {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const behind = terms.map((term, i) => (term.includes('...') ? (ranks[i] ?? 0) - term.length + 3 : 0));
  const most = Math.max(0, ...behind);
  const split = (term: string, count: number) => {
    const [before = '', after] = term.split('...');
    if (after === undefined) return [...before];
    const hidden = Array.from({ length: count }, (_, i) => `.${most - count + i}`);
    return [...before, ...hidden, ...after];
  };
  const inputs = terms.map((term, i) => split(term, behind[i]!));
  const all = inputs.flat();
  const once = [...new Set(all)].filter((one) => one.length === 1 && count(all, one) === 1).sort();
  return { inputs, output: right === undefined ? [...split('...', most), ...once] : split(right, most) };
}

function count(all: readonly string[], one: string): number {
  return all.filter((other) => other === one).length;
}
