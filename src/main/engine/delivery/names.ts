/** What delivered files are called: a pattern with words in braces, portable, never twice. Pure. */
import { extname } from 'node:path';
import { portableName } from '../../../common/file-name.ts';

/** Of words that say nothing here, the separator before them goes too: "film_Shot 1_" is "film_Shot 1". */
export function named(pattern: string, words: Readonly<Record<string, string>>, otherwise: string): string {
  const SEPARATORS = /[\s_.,–-]+$/;
  let text = '';
  let last = 0;
  let dropped = false;
  for (const found of pattern.matchAll(/\{([^{}]*)\}/g)) {
    const between = pattern.slice(last, found.index);
    text += dropped && text === '' ? between.replace(/^[\s_.,–-]+/, '') : between;
    const word = words[found[1]!] ?? '';
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
