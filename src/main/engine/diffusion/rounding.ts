/** numpy's rounding: halves go to the even neighbour, so that numbers agree with Python's. */
export function halfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
