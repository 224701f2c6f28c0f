/** What in a prompt would be meant for another program, and is plain text to Retake, or means more than it seems to: told, never passed over. Pure. */
import { parsePrompt, type Weighting } from './prompts/prompt.ts';
import { settingWord } from './settings/setting-word.ts';
import type { ShotSettings } from './settings/settings.ts';

interface Kind {
  readonly pattern: RegExp;
  readonly why: string;
  /** Where only some ways of weighting take it as plain text. */
  readonly by?: readonly Weighting[];
  /** Takes back what only looks like it: prose, times of day, signs in capitals. */
  readonly unless?: (match: RegExpMatchArray, text: string, embeddings: readonly string[]) => boolean;
}

const OFF = 'brackets in prompts are off';
const OTHER_WAY = 'words are weighted as (word:1.3)';

const KINDS: readonly Kind[] = [
  { pattern: /<(?:lora|lyco|hypernet)\s*:[^>]*>/gi, why: 'no add-on model is loaded by it' },
  {
    pattern: /\bembedding:([\w.-]+)/gi,
    why: 'no embedding of this name is chosen',
    unless: ([, name], _text, embeddings) => isKnown(name!, embeddings),
  },
  {
    pattern: /(?<!\\)\([^()]*?([^\s()]*)\s*:\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\)/g,
    why: OFF,
    by: ['off'],
    // (16:9), (at 10:30), (John 3:16)
    unless: ([, word]) => /^\d+(?:[.,]\d+)?$/.test(word!),
  },
  { pattern: /(?<!\\)\(\([^()]*\)+/g, why: OFF, by: ['off'] },
  { pattern: /(?:\)|[a-z]{2}\+)\+/gi, why: OTHER_WAY },
  { pattern: /[\p{L}\p{N})]::[+-]?[\d.]*/gu, why: OTHER_WAY },
  {
    pattern: /(?<!\\)\[[^[\]]*[^[\]\s][^[\]]*\]/g,
    why: 'brackets neither weaken words nor switch between them',
    by: ['off', 'comfy'],
  },
  {
    pattern: /(?<!\\)\[[^[\]]*(?:\|[^[\]]*|:\s*[.\d]+\s*)\]/g,
    why: 'words do not change while a picture is made',
    by: ['a1111'],
  },
  { pattern: /\{[^{}]*\}/g, why: 'braces neither weight words nor choose among them' },
  { pattern: /__[\w/-]*[a-z][\w/-]*__/gi, why: 'no list of words is read in its place' },
  { pattern: /\bAND\b/g, why: 'prompts are not joined by it', unless: inCapitals },
  { pattern: /\bBREAK\b/g, why: 'prompts are not parted by it', by: ['off', 'comfy'], unless: inCapitals },
  {
    pattern:
      /(?:^|\s)--(?:ar|aspect|no|v|niji|style|stylize|s|chaos|seed|stop|iw|tile|quality|q)\b(?:\s+[^\s-]\S*)?/gi,
    why: 'options do not belong into a prompt',
  },
  { pattern: /\\[()[\]{}]/g, why: 'the stroke before a bracket is read too', by: ['off'] },
  { pattern: /\\[[\]{}]/g, why: 'the stroke before a bracket is read too', by: ['comfy'] },
  { pattern: /\\[{}]/g, why: 'braces need no stroke', by: ['a1111'] },
];

const NEGATIVE = settingWord('prompts.negative');
const SOURCE = settingWord('prompts.source');
const STRENGTH = settingWord('sampling.guidance');

const LONGEST = 40;
/** Nobody means more than this: it is a time of day, a ratio, a verse. */
const STRONGEST = 3;

export interface Reading {
  readonly weighting: Weighting;
  /** Names of the embeddings that are chosen. */
  readonly embeddings: readonly string[];
}

/** One line for each kind of special writing in a prompt; empty for ordinary words, punctuation and brackets. */
export function syntaxNotes(text: string, { weighting, embeddings }: Reading): string[] {
  const notes = new Map<string, string[]>();
  for (const { pattern, why, by, unless } of KINDS) {
    if (by && !by.includes(weighting)) continue;
    for (const match of text.matchAll(pattern)) {
      if (isQuoted(match, text) || unless?.(match, text, embeddings)) continue;
      notes.set(why, [...(notes.get(why) ?? []), match[0].trim()]);
    }
  }
  const plain = Array.from(notes, ([why, [first, ...more]]) => {
    const others = more.length > 0 ? ` and ${more.length} more` : '';
    return `“${short(first!)}”${others} is read as plain text: ${why}`;
  });
  const strong = parsePrompt(text, weighting)
    .flat()
    .find(({ weight }) => Math.abs(weight) > STRONGEST);
  if (!strong) return plain;
  const times = Number(strong.weight.toPrecision(3));
  return [
    ...plain,
    `“${short(strong.text.trim())}” is made ${times} times as strong; for a plain bracket write \\( and \\)`,
  ];
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function isKnown(name: string, embeddings: readonly string[]): boolean {
  // A full stop may end the sentence.
  const bare = name.toLowerCase().replace(/(\.safetensors)?\.*$/, '');
  return embeddings.some((one) => one.toLowerCase() === bare);
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
    return `${NEGATIVE} is not read: while ${settingWord('guide.keep')} is on, the prompt leads away from ${SOURCE}`;
  return sampling.guidance === 1 ? `${NEGATIVE} is not read at ${STRENGTH} 1; raise it` : null;
}

/** Everything in the prompts that will not be read as it is meant, one line each. */
export function promptNotes(settings: Steering, embeddings: readonly string[] = []): string[] {
  const { prompts, sampling, guide } = settings;
  const lines = [
    [settingWord('prompts.target'), prompts.target],
    [SOURCE, prompts.source],
    [NEGATIVE, prompts.negative],
  ] as const;
  const unread = unreadNegative(settings);
  const how = { weighting: prompts.weighting, embeddings };
  return [
    ...lines.flatMap(([name, text]) => syntaxNotes(text, how).map((note) => `${name}: ${note}`)),
    ...(unread === null ? [] : [unread]),
    ...(sampling.guidance === 0 && guide.keep === 0
      ? [`at ${STRENGTH} 0 the prompt is not read, only ${NEGATIVE} is; raise it`]
      : []),
  ];
}
