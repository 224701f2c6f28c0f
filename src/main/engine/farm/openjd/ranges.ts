/** Ranges of integers, "1-5,10-20:2", and how they are combined (Open Job Description 2023-09, sections 3.4.1.1.1 and 3.4.3). */

interface Run {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** How many values it has, or why it is none. */
export function countOfRange(text: string): number | string {
  const runs: Run[] = [];
  for (const element of text.split(',')) {
    const run = runOf(element);
    if (typeof run === 'string') return run;
    runs.push(run);
  }
  const sorted = runs.toSorted((a, b) => a.first - b.first);
  const overlaps = sorted.some((run, i) => i > 0 && run.first <= sorted[i - 1]!.last);
  if (overlaps) return 'its ranges overlap';
  return runs.reduce((sum, { first, last, step }) => sum + Math.floor((last - first) / step) + 1, 0);
}

/** From the least to the most that was written, whether or not a step leads there: so they overlap. */
function runOf(element: string): Run | string {
  const found = /^[ \t]*(-?\d+)[ \t]*(?:-[ \t]*(-?\d+)[ \t]*(?::[ \t]*(-?\d+)[ \t]*)?)?$/.exec(element);
  if (!found) return `"${element}" is no range`;
  const first = Number(found[1]);
  if (found[2] === undefined) return { first, last: first, step: 1 };
  const [last, step] = [Number(found[2]), Number(found[3] ?? 1)];
  if (step === 0) return 'its step is 0';
  // One that goes the other way is its first value alone.
  if (step > 0 ? last < first : last > first) return { first, last: first, step: 1 };
  return { first: Math.min(first, last), last: Math.max(first, last), step: Math.abs(step) };
}

/** Names in the order in which they stand, and which of them lie in parentheses; or why it is none. */
export function combinationOf(
  text: string,
  counts: ReadonlyMap<string, number | null>,
): { readonly names: readonly string[]; readonly associated: ReadonlySet<string> } | string {
  const tokens = text.match(/[A-Za-z_][A-Za-z0-9_]*|[*(),]|\S/g) ?? [];
  const names: string[] = [];
  const associated = new Set<string>();
  let at = 0;
  /** How many values it has; null where that is not known yet. */
  const product = (depth: number): number | null => {
    let count = element(depth);
    while (tokens[at] === '*') {
      at += 1;
      const other = element(depth);
      count = count === null || other === null ? null : count * other;
    }
    return count;
  };
  const element = (depth: number): number | null => {
    const token = tokens[at++];
    if (token === '(') {
      const parts = [product(depth + 1)];
      while (tokens[at] === ',') {
        at += 1;
        parts.push(product(depth + 1));
      }
      if (tokens[at++] !== ')') throw new SyntaxError('a parenthesis is not closed');
      const known = parts.filter((count) => count !== null);
      if (new Set(known).size > 1) throw new SyntaxError('what is associated differs in length');
      return known[0] ?? null;
    }
    if (token === undefined || !/^[A-Za-z_]/.test(token)) throw new SyntaxError('a name is missing');
    if (!counts.has(token)) throw new SyntaxError(`there is no parameter "${token}"`);
    names.push(token);
    if (depth > 0) associated.add(token);
    return counts.get(token) ?? null;
  };
  try {
    product(0);
    if (at < tokens.length) throw new SyntaxError(`"${tokens[at]}" is not understood`);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
  return { names, associated };
}
