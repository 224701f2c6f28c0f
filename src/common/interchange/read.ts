/** A timeline of another program, whichever it is. */
import { AppError } from '../errors.ts';
import { isBuiltIn } from '../plugins/built-in.ts';
import { endingOf } from '../timeline-endings.ts';
import { type TimelineReader, timelineReaders } from './registry.ts';

/** Characters in which a text says what it is. */
const MOST_LOOKED_AT = 1_000_000;

/**
 * What Retake reads itself is told by what the file holds, not by its name; what only plugins read, by its ending.
 * @param name of the file @throws AppError usage for what is no timeline that is known here
 */
export function readerOf(text: string, name: string): TimelineReader {
  const { list } = timelineReaders;
  const isOwn = ({ id }: TimelineReader) => isBuiltIn(timelineReaders.ownerOf(id)!);
  const ending = endingOf(name);
  const named = list.filter(({ endings }) => endings.includes(ending));
  const own = named.some(isOwn) ? undefined : named[0];
  const start = text
    .slice(0, MOST_LOOKED_AT)
    .replace(/^\uFEFF/, '')
    .trimStart();
  const reader =
    own ?? list.find((one) => isOwn(one) && one.recognises(start)) ?? named.find((one) => !isOwn(one));
  if (reader) return reader;
  throw new AppError('usage', 'this is no timeline that Retake reads', {
    doing: 'reading a timeline',
    hint: `Give one of ${list.map(({ label, endings }) => `${label} (${endings.map((one) => `.${one}`).join(', ')})`).join(', ')}.`,
  });
}
