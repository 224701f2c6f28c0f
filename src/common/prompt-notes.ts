/** What in a prompt would be meant for another program, and is plain text to Retake: told, never passed over. Pure. */
import type { ShotSettings } from './settings/settings.ts';

interface Kind {
  readonly pattern: RegExp;
  readonly why: string;
  /** Takes back what only looks like it: prose, times of day, signs in capitals. */
  readonly unless?: (match: RegExpMatchArray, text: string) => boolean;
}

const NO_WEIGHTS = 'words cannot be weighted yet';

const KINDS: readonly Kind[] = [
  { pattern: /<(?:lora|lyco|hypernet)\s*:[^>]*>/gi, why: 'no add-on model is loaded by it' },
  { pattern: /\bembedding:[\w.-]+/gi, why: 'no embedding is loaded by it' },
  {
    pattern: /(?<!\\)\([^()]*?([^\s()]*)\s*:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\)/g,
    why: NO_WEIGHTS,
    // (16:9), (at 10:30), (John 3:16)
    unless: ([, word]) => /^\d+(?:[.,]\d+)?$/.test(word!),
  },
  { pattern: /(?<!\\)\(\([^()]*\)+/g, why: NO_WEIGHTS },
  { pattern: /(?:\)|[a-z]{2}\+)\+/gi, why: NO_WEIGHTS },
  { pattern: /[\p{L}\p{N})]::[+-]?[\d.]*/gu, why: NO_WEIGHTS },
  {
    pattern: /(?<!\\)\[[^[\]]*[^[\]\s][^[\]]*\]/g,
    why: 'brackets neither weaken words nor switch between them',
  },
  { pattern: /\{[^{}]*\}/g, why: 'braces neither weight words nor choose among them' },
  { pattern: /__[\w/-]*[a-z][\w/-]*__/gi, why: 'no list of words is read in its place' },
  {
    pattern: /\b(?:BREAK|AND)\b/g,
    why: 'prompts are neither parted nor joined by it',
    unless: inCapitals,
  },
  {
    pattern:
      /(?:^|\s)--(?:ar|aspect|no|v|niji|style|stylize|s|chaos|seed|stop|iw|tile|quality|q)\b(?:\s+[^\s-]\S*)?/gi,
    why: 'options do not belong into a prompt',
  },
  { pattern: /\\[()[\]{}]/g, why: 'the stroke before a bracket is read too' },
];

const LONGEST = 40;

/** One line for each kind of special writing in a prompt; empty for ordinary words, punctuation and brackets. */
export function syntaxNotes(text: string): string[] {
  const notes = new Map<string, string[]>();
  for (const { pattern, why, unless } of KINDS) {
    for (const match of text.matchAll(pattern)) {
      if (isQuoted(match, text) || unless?.(match, text)) continue;
      notes.set(why, [...(notes.get(why) ?? []), match[0].trim()]);
    }
  }
  return Array.from(notes, ([why, [first, ...more]]) => {
    const shown = first!.length > LONGEST ? `${first!.slice(0, LONGEST - 1)}…` : first;
    return `“${shown}”${more.length > 0 ? ` and ${more.length} more` : ''} is read as plain text: ${why}`;
  });
}

/** Lettering in a picture is quoted: a sign that says "[OPEN]". */
function isQuoted({ index = 0, 0: found }: RegExpMatchArray, text: string): boolean {
  return /["'“‘«„]\s*$/.test(text.slice(0, index)) && /^\s*["'”’»“]/.test(text.slice(index + found.length));
}

/** A word among others in capitals is lettering too: COFFEE BREAK. */
function inCapitals({ index = 0, 0: found }: RegExpMatchArray, text: string): boolean {
  const before = /(\p{L}+)\s+$/u.exec(text.slice(0, index))?.[1];
  const after = /^\s+(\p{L}+)/u.exec(text.slice(index + found.length))?.[1];
  return [before, after].some((word) => word !== undefined && word === word.toUpperCase());
}

/** Of a request or of a shot. */
type Steering = Pick<ShotSettings, 'prompts' | 'sampling'> & {
  readonly guide: Pick<ShotSettings['guide'], 'keep'>;
};

/** Why the negative prompt is not read, as a sentence without its end; null where it is, or is empty. */
export function unreadNegative({ prompts, sampling, guide }: Steering): string | null {
  if (prompts.negative.trim() === '') return null;
  if (guide.keep > 0)
    return 'the negative prompt is not read: while parts of the clip are kept, guidance starts from the source prompt';
  return sampling.guidance === 1 ? 'the negative prompt is not read at guidance 1; raise the guidance' : null;
}

/** Everything in the prompts that will not be read as it is meant, one line each. */
export function promptNotes(settings: Steering): string[] {
  const { prompts, sampling, guide } = settings;
  const lines = [
    ['prompt', prompts.target],
    ['source prompt', prompts.source],
    ['negative prompt', prompts.negative],
  ] as const;
  const unread = unreadNegative(settings);
  return [
    ...lines.flatMap(([name, text]) => syntaxNotes(text).map((note) => `the ${name}: ${note}`)),
    ...(unread === null ? [] : [unread]),
    ...(sampling.guidance === 0 && guide.keep === 0
      ? ['at guidance 0 the prompt is not read, only the negative prompt is; raise the guidance']
      : []),
  ];
}
