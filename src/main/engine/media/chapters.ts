/** The chapters of a take. Pure. */
import { type FormatSpec, isPictures } from '../../../common/formats/format.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import { secondsOf } from './args.ts';

/** A list of them for ffmpeg; null where there are none, or, with a note, where the format has no place for them. */
export function takeChapters(
  clip: ClipInfo,
  range: FrameRange,
  spec: FormatSpec,
  notes: string[],
): string | null {
  const list = chapterList(clip, range);
  if (list === null || !(isPictures(spec) || spec.muxer === 'mxf')) return list;
  notes.push(`chapters are left out: ${spec.label} has no place for them`);
  return null;
}

/** Chapters of the range on the take's clock, in ffmpeg's own notation; null where there are none. */
function chapterList(clip: ClipInfo, range: FrameRange): string | null {
  const begin = clip.startTime + secondsOf(range.start, clip.rate);
  const length = secondsOf(range.end - range.start, clip.rate);
  const lines = clip.chapters.flatMap(({ start, end, title }) => {
    const [from, to] = [Math.max(0, start - begin), Math.min(length, end - begin)];
    if (to <= from) return [];
    const times = [`START=${Math.round(from * 1e6)}`, `END=${Math.round(to * 1e6)}`];
    return [
      '[CHAPTER]',
      'TIMEBASE=1/1000000',
      ...times,
      ...(title === null ? [] : [`title=${escaped(title)}`]),
    ];
  });
  return lines.length === 0 ? null : `;FFMETADATA1\n${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replace(/[=;#\\\n]/g, '\\$&');
}
