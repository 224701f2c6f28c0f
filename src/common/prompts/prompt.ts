/** A prompt as it is typed: how words are stressed, and where a chunk ends. Whatever is typed means something; nothing is refused. */
import { parseA1111 } from './a1111.ts';
import { parseComfy } from './comfy.ts';
import type { Section } from './pieces.ts';

/** Whose way of stressing words is meant: A1111's web UI, ComfyUI, or nobody's, where brackets are plain text. */
export const WEIGHTINGS = ['a1111', 'comfy', 'off'] as const;
export type Weighting = (typeof WEIGHTINGS)[number];

const PARSERS: Readonly<Record<Weighting, (text: string) => readonly Section[]>> = {
  a1111: parseA1111,
  comfy: parseComfy,
  off: (text) => [[{ text, weight: 1 }]],
};

export function parsePrompt(text: string, weighting: Weighting): readonly Section[] {
  return PARSERS[weighting](text);
}

/** Whether brackets, strokes or BREAK in it mean something, so that it is another prompt than its plain text. */
export function hasMarks(text: string, weighting: Weighting): boolean {
  const [first, ...more] = parsePrompt(text, weighting);
  const [piece, ...others] = first!;
  if (more.length > 0 || others.length > 0) return true;
  return piece === undefined ? text !== '' : piece.text !== text || piece.weight !== 1;
}

/** What a prompt says, without the marks. */
export function plainWords(text: string, weighting: Weighting): string {
  const sections = parsePrompt(text, weighting);
  return sections.map((pieces) => pieces.map((piece) => piece.text).join('')).join(' ');
}
