/**
 * Prompts as A1111's web UI reads them (modules/prompt_parser.py, parse_prompt_attention): (word) is 1.1 times as strong, [word]
 * that much weaker, (word:1.3) 1.3 times as strong; brackets within brackets multiply; \( \) \[ \] \\ are the signs themselves.
 * A bracket that is never closed holds to the end, one that was never opened is text. BREAK ends a chunk.
 */
import { joined, type Piece, type Section } from './pieces.ts';

const STRONGER = 1.1;
const WEAKER = 1 / STRONGER;

const MARKS = /\\[()[\]\\]?|[([\])]|:\s*([+-]?[.\d]+)\s*\)|[^\\()[\]:]+|:/g;
const BREAK = /\s*(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])\s*/u;

type Found = { text: string; weight: number } | 'break';

export function parseA1111(text: string): readonly Section[] {
  const found: Found[] = [];
  const open = { round: [] as number[], square: [] as number[] };
  const multiply = (from: number | undefined, by: number) => {
    for (const one of found.slice(from)) if (one !== 'break') one.weight *= by;
  };
  const add = (words: string) => {
    for (const [i, part] of words.split(BREAK).entries()) {
      if (i > 0) found.push('break');
      found.push({ text: part, weight: 1 });
    }
  };
  for (const [mark, number] of text.matchAll(MARKS)) {
    const weight = number === undefined ? Number.NaN : Number(number);
    if (mark.startsWith('\\')) found.push({ text: mark.slice(1), weight: 1 });
    else if (mark === '(') open.round.push(found.length);
    else if (mark === '[') open.square.push(found.length);
    else if (Number.isFinite(weight) && open.round.length > 0) multiply(open.round.pop(), weight);
    else if (number !== undefined && open.round.length > 0) {
      // No number after all, as in (16:9.1.1): the bracket closes like any other.
      add(mark.slice(0, -1));
      multiply(open.round.pop(), STRONGER);
    } else if (mark === ')' && open.round.length > 0) multiply(open.round.pop(), STRONGER);
    else if (mark === ']' && open.square.length > 0) multiply(open.square.pop(), WEAKER);
    else add(mark);
  }
  for (const from of open.round) multiply(from, STRONGER);
  for (const from of open.square) multiply(from, WEAKER);
  return sectionsOf(found);
}

function sectionsOf(found: readonly Found[]): readonly Section[] {
  const sections: Piece[][] = [[]];
  for (const one of found) {
    if (one === 'break') sections.push([]);
    else sections.at(-1)!.push(one);
  }
  return sections.map(joined);
}
