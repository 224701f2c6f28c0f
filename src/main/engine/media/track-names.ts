/** Reads off ffmpeg's banner what people called the tracks and chapters of a file. Pure; tested on real banners. */
import type { AudioStream, Chapter } from '../../../common/media.ts';

export type TrackName = Pick<AudioStream, 'title' | 'language' | 'dispositions'>;

export interface TrackNames {
  /** By the stream's index. */
  readonly tracks: ReadonlyMap<number, TrackName>;
  readonly chapters: readonly Chapter[];
}

/** As the banner writes them, and as ffmpeg's options call them. */
const DISPOSITIONS: Readonly<Record<string, string>> = {
  default: 'default',
  dub: 'dub',
  original: 'original',
  comment: 'comment',
  lyrics: 'lyrics',
  karaoke: 'karaoke',
  forced: 'forced',
  'hearing impaired': 'hearing_impaired',
  'visual impaired': 'visual_impaired',
  'clean effects': 'clean_effects',
  descriptions: 'descriptions',
};

/** What programs write into a handler's name when nobody named the track. */
const BOILERPLATE = /handler|media|^(mono|stereo|surround|audio|sound|und|track \d*)$|gpac|lavf|^\W*$/i;

type Named = { title: string | null; handler: string | null };

export function parseTrackNames(lines: readonly string[]): TrackNames {
  const streams = new Map<number, Named & { language: string | null; dispositions: string[] }>();
  const chapters: (Named & { start: number; end: number })[] = [];
  let current: Named | null = null;
  let going: keyof Named | null = null;
  for (const line of lines) {
    const stream =
      /^ {2}Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\((\w+)\))?(?:\[0x[0-9a-f]+\])?: \w+: (.*)$/.exec(line);
    const chapter = /^ {4}Chapter #0:\d+: start (-?[\d.]+), end (-?[\d.]+)/.exec(line);
    if (stream) {
      const [, index, language = 'und', detail] = stream;
      const found = {
        title: null,
        handler: null,
        language: /^[a-z]{3}$/.test(language) && language !== 'und' ? language : null,
        dispositions: dispositionsOf(detail!),
      };
      streams.set(Number(index), found);
      current = found;
    } else if (chapter) {
      const found = { start: Number(chapter[1]), end: Number(chapter[2]), title: null, handler: null };
      chapters.push(found);
      current = found;
    } else if (/^ {2}\S/.test(line)) current = null; // programs, groups, the file itself
    const field = /^ +(\S*) *: (.*)$/.exec(line);
    if (!current || stream || chapter || !field) continue;
    const [, name, value] = field;
    // A value of several lines goes on under an empty name.
    if (name === '') {
      if (going) current[going] += `\n${value}`;
      continue;
    }
    going =
      name!.toLowerCase() === 'title' ? 'title' : name!.toLowerCase() === 'handler_name' ? 'handler' : null;
    if (going) current[going] = value!;
  }
  return {
    tracks: new Map(
      [...streams].map(([index, { language, dispositions, ...named }]) => [
        index,
        { title: titleOf(named), language, dispositions },
      ]),
    ),
    chapters: chapters.map(({ start, end, title }) => ({ start, end, title: title?.trim() || null })),
  };
}

function titleOf({ title, handler }: Named): string | null {
  if (title?.trim()) return title.trim();
  return handler && !BOILERPLATE.test(handler.trim()) ? handler.trim() : null;
}

/** The words in brackets at the end of a stream's line. */
function dispositionsOf(detail: string): string[] {
  const tail = /((?: \([a-z -]+\))+)$/.exec(detail)?.[1] ?? '';
  const words = [...tail.matchAll(/\(([a-z -]+)\)/g)].map((match) => match[1]!);
  return words.flatMap((word) => DISPOSITIONS[word] ?? []);
}
