/** Numbers as an artist reads them. */
import type { Rational } from '../common/media.ts';
import { toNumber } from '../common/time/rational.ts';

/** "1 frame", "18 frames". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** "guidedFraction" → "Guided fraction", "per-frame" → "Per frame"; single letters and formulas stay. */
export function nameOf(key: string): string {
  if (/^[a-z]\d?$/.test(key)) return key;
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[-_]/g, ' ')
    .replace(/\s*\+\s*/g, ' + ')
    .toLowerCase();
  return sentence(words);
}

/** As a line of its own is begun. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "25 fps", "23.976 fps". */
export function fps(rate: Rational): string {
  return `${Number(toNumber(rate).toFixed(3))} fps`;
}

/** "a.mov, b.mov and c.mov"; of more than `most`, "a.mov, b.mov and 7 more". */
export function listed(names: readonly string[], most: number): string {
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

/** The last part of a path of any system. */
export function nameOfFile(path: string): string {
  return path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '');
}
