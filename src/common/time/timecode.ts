/** SMPTE ST 12 timecode. Drop frame skips labels, never pictures: 29.97 loses two labels a minute but each tenth. */
import type { Rational } from '../media.ts';
import { toNumber } from './rational.ts';

/** Labels per second: 30 for 30000/1001. */
export function nominalRate(rate: Rational): number {
  return Math.max(1, Math.round(toNumber(rate)));
}

/** A timecode track holds the labels of a second in one byte. */
const MOST_LABELS = 255;

/** Whether labels can count this rate: whole rates and those of broadcast, up to 255. */
export function carriesTimecode(rate: Rational): boolean {
  return (rate.den === 1 || rate.den === 1001) && nominalRate(rate) <= MOST_LABELS;
}

/**
 * Labels dropped each minute at this rate, 0 where drop frame does not exist. Phones write it at 30 and 60 too; Final Cut counts such
 * labels as it does those of 29.97 and 59.94.
 */
function droppedPerMinute(rate: Rational): number {
  const nominal = nominalRate(rate);
  return (rate.den === 1 || rate.den === 1001) && nominal % 30 === 0 ? nominal / 15 : 0;
}

/** Whether a clock of this rate keeps step with the time of day by drop frame: 29.97 and its multiples, not 30. */
export function keepsTimeByDropFrame(rate: Rational): boolean {
  return rate.den === 1001 && droppedPerMinute(rate) > 0;
}

function framesPerDay(rate: Rational, drop: boolean): number {
  const perDay = nominalRate(rate) * 86_400;
  return drop ? perDay - droppedPerMinute(rate) * 9 * 6 * 24 : perDay;
}

export interface Timecode {
  /** Pictures since 00:00:00:00, below one day. */
  readonly frames: number;
  readonly drop: boolean;
}

/**
 * Reads "HH:MM:SS:FF"; ';' or '.' before the frames means drop frame. Null where the text is no timecode of this rate
 * (a label that drop frame skips is taken as the picture after it, as tape decks do).
 */
export function parseTimecode(text: string, rate: Rational): Timecode | null {
  const match = /^(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$/.exec(text.trim());
  if (!match) return null;
  const nominal = nominalRate(rate);
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const label = Number(match[5]);
  if (hours > 23 || minutes > 59 || seconds > 59 || label >= nominal) return null;
  const drop = match[4] !== ':';
  const count = ((hours * 60 + minutes) * 60 + seconds) * nominal + label;
  if (!drop) return { frames: count, drop };
  const dropped = droppedPerMinute(rate);
  if (dropped === 0) return null;
  const totalMinutes = hours * 60 + minutes;
  const skipped = minutes % 10 !== 0 && seconds === 0 && label < dropped;
  const labelled = skipped ? count - label + dropped : count;
  return { frames: labelled - dropped * (totalMinutes - Math.floor(totalMinutes / 10)), drop };
}

/** Writes "HH:MM:SS:FF" (';' for drop frame), wrapping at midnight. */
export function formatTimecode({ frames, drop }: Timecode, rate: Rational): string {
  const nominal = nominalRate(rate);
  const day = framesPerDay(rate, drop);
  let count = ((frames % day) + day) % day;
  if (drop) {
    const dropped = droppedPerMinute(rate);
    const perMinute = nominal * 60 - dropped;
    const perTen = perMinute * 10 + dropped;
    const tens = Math.floor(count / perTen);
    const rest = count % perTen;
    // The first minute of each ten keeps all its labels, hence the offset by one drop.
    const minutes = rest < nominal * 60 ? 0 : 1 + Math.floor((rest - nominal * 60) / perMinute);
    count += dropped * (tens * 9 + minutes);
  }
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(count / nominal);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${drop ? ';' : ':'}${two(count % nominal)}`;
}

/** The timecode of the picture `frames` after the one that `start` names; null where `start` does not fit the rate. */
export function offsetTimecode(start: string, frames: number, rate: Rational): string | null {
  const parsed = parseTimecode(start, rate);
  return parsed && formatTimecode({ frames: parsed.frames + frames, drop: parsed.drop }, rate);
}

/** The label of another rate at the same hour, minute and second, and as far into that; by drop frame where it was and can be. */
export function labelAtRate(text: string, from: Rational, to: Rational): string | null {
  const match = /^(\d{2}:\d{2}:\d{2})([:;.])(\d{2,3})$/.exec(text.trim());
  if (!match || !carriesTimecode(to)) return null;
  const label = String(Math.floor((Number(match[3]) * nominalRate(to)) / nominalRate(from))).padStart(2, '0');
  const parsed =
    (match[2] === ':' ? null : parseTimecode(`${match[1]};${label}`, to)) ??
    parseTimecode(`${match[1]}:${label}`, to);
  return parsed && formatTimecode(parsed, to);
}
