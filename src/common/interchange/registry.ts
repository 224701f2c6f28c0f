/** What timelines are written as, and what reads them: of Retake, and of plugins. */
import { AppError } from '../errors.ts';
import type { Rational } from '../media.ts';
import { BUILT_IN } from '../plugins/built-in.ts';
import { pluginOf } from '../plugins/ids.ts';
import type { ParamsSchema, ParamValue } from '../plugins/params.ts';
import { Registry } from '../plugins/registry.ts';
import type { Cut, CutMedia, ReadCut, WrittenCut } from './cut.ts';
import { readEdl, writeEdl } from './edl.ts';
import { readFcpxml } from './fcpxml/read.ts';
import { writeFcpxml } from './fcpxml/write.ts';
import { type FcpxmlVersion, TIMELINES, type TimelineFacts, type TimelineFormatId } from './formats.ts';
import { writeKdenlive } from './mlt/kdenlive.ts';
import { readMlt } from './mlt/read.ts';
import { writeShotcut } from './mlt/shotcut.ts';
import { readOtio } from './otio/read.ts';
import { writeOtio } from './otio/write.ts';
import { readXmeml } from './xmeml/read.ts';
import { writeXmeml } from './xmeml/write.ts';

export type Params = Readonly<Record<string, ParamValue>>;

/** The part of AbortSignal that is used. */
export interface TimelineSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface WriteOptions {
  /** The cut's name as part of a file's. */
  readonly stem: string;
  /** Where media lies below the timeline's folder, with "/"; null elsewhere. */
  place(media: CutMedia): string | null;
  readonly fcpxml: FcpxmlVersion;
  /** The format's own, complete. */
  readonly params: Params;
  readonly signal?: TimelineSignal | undefined;
}

/** Places are below the folder that it lies in, with "/". */
type TimelineFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly bytes: Uint8Array };

export interface TimelineFiles {
  readonly files: readonly TimelineFile[];
  /** What could not be kept, a line each. */
  readonly losses: readonly string[];
}

export interface TimelineFormat extends TimelineFacts {
  /** Of those of plugins the full one. */
  readonly id: string;
  readonly label: string;
  /** What it asks the artist for; null for nothing. */
  readonly params: ParamsSchema | null;
  write(cut: Cut, options: WriteOptions): Promise<TimelineFiles>;
}

interface ReadOptions {
  /** Of the file, with its ending. */
  readonly name: string;
  /** At which a text counts that does not say so. */
  readonly rate: Rational;
  readonly signal?: TimelineSignal | undefined;
}

export interface TimelineReader {
  readonly id: string;
  /** What programs write it, as an artist calls them. */
  readonly label: string;
  /** Lower case, without dot. */
  readonly endings: readonly string[];
  /** Whether a text is one, by how it begins; those of plugins go by the file's ending alone. */
  recognises(start: string): boolean;
  /** Whether texts leave open how many frames a second they count. */
  readonly leavesRateOpen: boolean;
  read(text: string, options: ReadOptions): Promise<ReadCut>;
}

export const timelineFormats = new Registry<TimelineFormat>('timeline format');
export const timelineReaders = new Registry<TimelineReader>('timeline reader');

const WRITERS: Readonly<Record<TimelineFormatId, (cut: Cut, fcpxml: FcpxmlVersion) => WrittenCut>> = {
  fcpxml: (cut, fcpxml) => writeFcpxml(cut, 'auditions', fcpxml),
  resolve: (cut) => writeFcpxml(cut, 'lanes', '1.10'),
  xmeml: (cut) => writeXmeml(cut),
  otio: (cut) => writeOtio(cut, 'references'),
  'otio-tracks': (cut) => writeOtio(cut, 'tracks'),
  edl: (cut) => writeEdl(cut),
  kdenlive: (cut) => writeKdenlive(cut),
  shotcut: (cut) => writeShotcut(cut),
};

for (const [id, facts] of Object.entries(TIMELINES)) {
  const write = WRITERS[id as TimelineFormatId];
  timelineFormats.contribute(BUILT_IN.interchange, {
    ...{ id, label: facts.programs, ...facts, params: null },
    async write(cut, { stem, fcpxml }) {
      const { text, losses } = write(cut, fcpxml);
      return { files: [{ path: `${stem}${facts.ending}`, text }], losses };
    },
  });
}

/** The name of the outermost element; empty of what is no XML. */
function rootOf(start: string): string {
  if (!start.startsWith('<')) return '';
  return /<([A-Za-z][\w.-]*)/.exec(start.replace(/<!--[\s\S]*?-->/g, ''))?.[1] ?? '';
}
const LIST = /^(TITLE:|FCM:|\d+\s+\S+\s+\S+\s+[A-Z]\d*\s)/m;

const READERS: readonly (Pick<TimelineReader, 'id' | 'label' | 'endings' | 'recognises'> & {
  readonly read: (text: string, rate: Rational) => ReadCut;
})[] = [
  {
    ...{ id: 'otio', label: 'OpenTimelineIO', endings: ['otio'] },
    recognises: (start) => start.startsWith('{'),
    read: (text) => readOtio(text),
  },
  {
    ...{ id: 'fcpxml', label: 'Final Cut Pro', endings: ['fcpxml'] },
    recognises: (start) => rootOf(start) === 'fcpxml',
    read: (text) => readFcpxml(text),
  },
  {
    ...{ id: 'xmeml', label: 'Premiere, Resolve', endings: ['xml'] },
    recognises: (start) => rootOf(start) === 'xmeml',
    read: (text) => readXmeml(text),
  },
  {
    ...{ id: 'mlt', label: 'Kdenlive, Shotcut', endings: ['mlt', 'kdenlive'] },
    recognises: (start) => rootOf(start) === 'mlt',
    read: (text) => readMlt(text),
  },
  {
    ...{ id: 'edl', label: 'CMX 3600 lists', endings: ['edl'] },
    recognises: (start) => !/^[{<]/.test(start) && LIST.test(start),
    read: (text, rate) => readEdl(text, { rate }),
  },
];

for (const { read, ...one } of READERS)
  timelineReaders.contribute(BUILT_IN.interchange, {
    ...one,
    leavesRateOpen: one.id === 'edl',
    read: async (text, { rate }) => read(text, rate),
  });

/** @throws AppError plugin-missing, usage for what is not known */
export function timelineFormat(id: string, doing: string): TimelineFormat {
  const format = timelineFormats.find(id);
  if (format) return format;
  const plugin = pluginOf(id);
  if (plugin === null)
    throw new AppError('usage', `there is no timeline format "${id}"`, {
      doing,
      hint: `There are ${timelineFormats.list.map((one) => one.id).join(', ')}.`,
    });
  throw new AppError(
    'plugin-missing',
    `the timeline format ${id} is of the plugin ${plugin}, which is not there or not on`,
    {
      doing,
      hint: 'Install the plugin or switch it on, or leave the format out.',
    },
  );
}
