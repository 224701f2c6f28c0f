/** The files that a timeline is exported as: one list. Which program takes which is said here once, for README and window. */
import type { Cut, WrittenCut } from './cut.ts';
import { writeEdl } from './edl.ts';
import { type FcpxmlVersion, writeFcpxml } from './fcpxml/write.ts';
import { writeKdenlive } from './mlt/kdenlive.ts';
import { writeShotcut } from './mlt/shotcut.ts';
import { writeOtio } from './otio/write.ts';
import { writeXmeml } from './xmeml/write.ts';

interface TimelineOptions {
  readonly fcpxml: FcpxmlVersion;
}

export interface TimelineFormat {
  /** What programs take it, as an artist calls them. */
  readonly programs: string;
  /** Ending of its file, after the project's name. */
  readonly ending: string;
  /** What becomes of takes that are not shown. */
  readonly takes: string;
  readonly write: (cut: Cut, options: TimelineOptions) => WrittenCut;
}

const formats = {
  fcpxml: {
    programs: 'Final Cut Pro',
    ending: '.fcpxml',
    takes: 'Each shot with several takes is an audition; the shown take is its pick.',
    write: (cut, { fcpxml }) => writeFcpxml(cut, 'auditions', fcpxml),
  },
  resolve: {
    programs: 'DaVinci Resolve (18.5 and later)',
    ending: ' (Resolve).fcpxml',
    takes: 'Takes that are not shown lie disabled on the tracks above.',
    write: (cut) => writeFcpxml(cut, 'lanes', '1.10'),
  },
  xmeml: {
    programs: 'Premiere Pro, DaVinci Resolve',
    ending: '.xml',
    takes: 'Originals are on the lowest track, takes above them; only shown ones are enabled.',
    write: (cut) => writeXmeml(cut),
  },
  otio: {
    programs: 'Retake, RV and pipelines that read OpenTimelineIO with several media references',
    ending: '.otio',
    takes: 'Every take is a media reference of its clip; the shown one is active.',
    write: (cut) => writeOtio(cut, 'references'),
  },
  'otio-tracks': {
    programs: 'Nuke Studio, Hiero, DaVinci Resolve, Premiere Pro (25.6 and later)',
    ending: ' (tracks).otio',
    takes: 'Originals are on the lowest track, takes above them; only shown ones are enabled.',
    write: (cut) => writeOtio(cut, 'tracks'),
  },
  edl: {
    programs: 'Avid Media Composer and whatever reads CMX 3600 lists',
    ending: '.edl',
    takes: 'Only shown takes; the others are named in comments.',
    write: (cut) => writeEdl(cut),
  },
  kdenlive: {
    programs: 'Kdenlive',
    ending: '.kdenlive',
    takes: 'Takes that are not shown are on hidden tracks.',
    write: (cut) => writeKdenlive(cut),
  },
  shotcut: {
    programs: 'Shotcut',
    ending: '.mlt',
    takes: 'Takes that are not shown are on hidden tracks.',
    write: (cut) => writeShotcut(cut),
  },
} as const satisfies Record<string, TimelineFormat>;

export type TimelineFormatId = keyof typeof formats;

export const TIMELINES: Readonly<Record<TimelineFormatId, TimelineFormat>> = formats;
export const TIMELINE_FORMATS = Object.keys(formats) as [TimelineFormatId, ...TimelineFormatId[]];
