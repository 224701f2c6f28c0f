/** A timeline of another program, whichever it is: told by what the file holds, not by its name. */
import { AppError } from '../errors.ts';
import type { Rational } from '../media.ts';
import type { ReadCut } from './cut.ts';
import { readEdl } from './edl.ts';
import { readFcpxml } from './fcpxml/read.ts';
import { readMlt } from './mlt/read.ts';
import { readOtio } from './otio/read.ts';
import { readXmeml } from './xmeml/read.ts';

const ROOTS: Readonly<Record<string, (text: string) => ReadCut>> = {
  fcpxml: readFcpxml,
  xmeml: readXmeml,
  mlt: readMlt,
};

const LIST = /^(TITLE:|FCM:|\d+\s+\S+\s+\S+\s+[A-Z]\d*\s)/m;

/** Whether the timeline leaves open how many frames a second it counts (EDL). */
export function leavesRateOpen(text: string): boolean {
  const start = startOf(text);
  return !/^[{<]/.test(start) && LIST.test(start);
}

const startOf = (text: string) => text.replace(/^\uFEFF/, '').trimStart();

/**
 * @param rate at which a list counts that does not say so (EDL)
 * @throws AppError usage for what is no timeline that is known here, or is damaged
 */
export function readTimeline(text: string, rate: Rational): ReadCut {
  const start = startOf(text);
  if (start.startsWith('{')) return readOtio(text);
  if (start.startsWith('<')) {
    const root = /<([A-Za-z][\w.-]*)/.exec(start.replace(/<!--[\s\S]*?-->/g, ''))?.[1];
    const read = ROOTS[root ?? ''];
    if (read) return read(text);
  } else if (LIST.test(start)) return readEdl(text, { rate });
  throw new AppError('usage', 'this is no timeline that Retake reads', {
    doing: 'reading a timeline',
    hint: 'Give one of Final Cut Pro (.fcpxml), Premiere or Resolve (.xml), OpenTimelineIO (.otio), Kdenlive, Shotcut (.mlt), or an EDL.',
  });
}
