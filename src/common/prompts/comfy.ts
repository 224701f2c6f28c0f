/**
 * Prompts as ComfyUI reads them (comfy/sd1_clip.py, token_weights): (word) is 1.1 times as strong, in brackets within brackets once
 * more; (word:1.3) has the weight 1.3 whatever is around it. \( and \) are the signs themselves; [word] and BREAK are text.
 */
import type { Piece, Section } from './pieces.ts';

const STRONGER = 1.1;
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
/** Stand for escaped brackets meanwhile; prompts hold no control characters. */
const [OPENED, CLOSED] = ['\u0001', '\u0002'];

export function parseComfy(text: string): readonly Section[] {
  const hidden = text.replaceAll('\\(', OPENED).replaceAll('\\)', CLOSED);
  const pieces = weighted(hidden, 1).map(({ text: one, weight }) => ({
    text: one.replaceAll(OPENED, '(').replaceAll(CLOSED, ')'),
    weight,
  }));
  return [pieces.filter(({ text: one }) => one !== '')];
}

function weighted(text: string, around: number): Piece[] {
  return parts(text).flatMap((part) => {
    if (!(part.length >= 2 && part.startsWith('(') && part.endsWith(')'))) {
      return [{ text: part, weight: around }];
    }
    const inner = part.slice(1, -1);
    const colon = inner.lastIndexOf(':');
    const number = inner.slice(colon + 1);
    const isWeight = colon > 0 && NUMBER.test(number) && Number.isFinite(Number(number));
    return isWeight ? weighted(inner.slice(0, colon), Number(number)) : weighted(inner, around * STRONGER);
  });
}

/** Text outside of brackets, and each outermost pair with what is inside. */
function parts(text: string): string[] {
  const all: string[] = [];
  let [from, depth] = [0, 0];
  const cut = (at: number) => {
    if (at > from) all.push(text.slice(from, at));
    from = at;
  };
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') {
      if (depth === 0) cut(at);
      depth += 1;
    } else if (text[at] === ')') {
      depth -= 1;
      if (depth === 0) cut(at + 1);
    }
  }
  cut(text.length);
  return all;
}
