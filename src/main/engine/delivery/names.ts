/** What delivered files are called: a pattern with words in braces, portable, never twice. Pure. */
import { extname } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import { portableName } from '../../../common/file-name.ts';

const WORDS = ['project', 'shot', 'take', 'clip', 'n', 'date', 'timecode'] as const;
type Word = (typeof WORDS)[number];
export type NameWords = Readonly<Record<Word, string>>;

const LIST = WORDS.map((word) => `{${word}}`).join(', ');

/** @throws AppError usage for a word that is none */
export function checkPattern(pattern: string): void {
  for (const [whole, word] of pattern.matchAll(/\{([^{}]*)\}/g))
    if (!WORDS.some((known) => known === word)) throw unusable(`${whole} stands for nothing in a name`);
  if (pattern.trim() === '') throw unusable('the name pattern is empty');
}

function unusable(message: string): AppError {
  return new AppError('usage', message, { doing: 'naming the files', hint: `Use ${LIST}, and plain text.` });
}

/** Of words that say nothing here, the separator before them goes too: "film_Shot 1_" is "film_Shot 1". */
export function named(pattern: string, words: NameWords, otherwise: string): string {
  const SEPARATORS = /[\s_.,–-]+$/;
  let text = '';
  let last = 0;
  let dropped = false;
  for (const found of pattern.matchAll(/\{([^{}]*)\}/g)) {
    const between = pattern.slice(last, found.index);
    text += dropped && text === '' ? between.replace(/^[\s_.,–-]+/, '') : between;
    const word = words[found[1] as Word] ?? '';
    dropped = word === '';
    if (dropped) text = text.replace(SEPARATORS, '');
    text += word;
    last = found.index + found[0].length;
  }
  text += pattern.slice(last);
  return shortened(portableName(text.trim().replace(/^\.+/, ''), otherwise));
}

/** Disks count bytes or UTF-16 units, mostly to 255; a number and an ending are still to come. */
const MOST_BYTES = 200;

function shortened(text: string): string {
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Buffer.byteLength(kept + segment) > MOST_BYTES) break;
    kept += segment;
  }
  return kept.trimEnd();
}

/** "a.mov", "a 2.mov", …: file systems of two platforms out of three do not tell cases apart. */
export function freeName(name: string, taken: Set<string>): string {
  const ending = extname(name);
  const stem = name.slice(0, name.length - ending.length);
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n += 1) free = `${stem} ${n}${ending}`;
  taken.add(free.toLowerCase());
  return free;
}
