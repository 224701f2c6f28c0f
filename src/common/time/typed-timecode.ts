/** A place on a timeline as editors type it: few digits, from the right. */
import type { Rational } from '../media.ts';
import { formatTimecode, nominalRate, parseTimecode, type Timecode } from './timecode.ts';

export interface TypedOn {
  readonly rate: Rational;
  /** Label of the timeline's first frame. */
  readonly start: Timecode;
  /** Frame at which the playhead stands. */
  readonly at: number;
}

/** The four fields of a label. */
const FIELDS = 4;

/**
 * The frame of the timeline that is meant; may lie outside of it. Null for what is none.
 *
 * Digits are read two by two from the right, frames last: "12" is 12 frames, "123" and "1:23" are 1 second and 23 frames.
 * All four fields are a label ("01:00:05;10", "1000510"); fewer count from the beginning of the timeline; "+" and "-" from the
 * playhead. Points stand for colons ("5." is 5 seconds), too many frames or seconds carry over, and "240f" is a frame by
 * number. It is counted as the timeline counts, by drop frame or not, whichever sign was typed.
 */
export function typedFrame(text: string, { rate, start, at }: TypedOn): number | null {
  const typed = text.trim();
  const byNumber = /^(\d{1,9})\s*f$/i.exec(typed);
  if (byNumber) return Number(byNumber[1]);
  const match = /^([+\-−]?)\s*([\d:;.,]+)$/.exec(typed);
  const fields = match && fieldsOf(match[2]!);
  if (!fields) return null;
  const sign = match[1];
  if (fields.length === FIELDS && sign === '') return framesOf(fields, start.drop, rate) - start.frames;
  const frames = framesOf(fields, start.drop, rate);
  return sign === '' ? frames : sign === '+' ? at + frames : at - frames;
}

/** Most significant first; null where there are too many or no digit. */
function fieldsOf(text: string): number[] | null {
  if (!/\d/.test(text)) return null;
  const parts = /[:;.,]/.test(text) ? text.split(/[:;.,]/) : pairsOf(text);
  if (parts.length > FIELDS || parts.some((part) => part.length > 3)) return null;
  return parts.map(Number);
}

/** "10005" → 1, 00, 05 */
function pairsOf(digits: string): string[] {
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return even.match(/../g) ?? [];
}

/** Pictures since 00:00:00:00; beyond a day it goes on as if clocks did. */
function framesOf(fields: readonly number[], drop: boolean, rate: Rational): number {
  const nominal = nominalRate(rate);
  const [hours, minutes, seconds, label] = [0, 0, 0, ...fields].slice(-FIELDS) as [
    number,
    number,
    number,
    number,
  ];
  const count = ((hours * 60 + minutes) * 60 + seconds) * nominal + label;
  if (!drop || count >= 86_400 * nominal) return count;
  const labelled = formatTimecode({ frames: count, drop: false }, rate).replace(/:(?=\d+$)/, ';');
  return parseTimecode(labelled, rate)?.frames ?? count;
}
