/** What Retake itself writes timelines as, as facts: which program takes which is said here once. How is in registry.ts, where those of plugins are too. */

/** Of Final Cut Pro's XML. */
export const FCPXML_VERSIONS = ['1.10', '1.11', '1.12', '1.13'] as const;
export type FcpxmlVersion = (typeof FCPXML_VERSIONS)[number];

export interface TimelineFacts {
  /** What programs take it, as an artist calls them. */
  readonly programs: string;
  /** Ending of its file, after the project's name. */
  readonly ending: string;
  /** What becomes of takes that are not shown. */
  readonly takes: string;
}

const formats = {
  fcpxml: {
    programs: 'Final Cut Pro',
    ending: '.fcpxml',
    takes: 'Each shot with several takes is an audition; the shown take is its pick.',
  },
  resolve: {
    programs: 'DaVinci Resolve (18.5 and later)',
    ending: ' (Resolve).fcpxml',
    takes: 'Takes that are not shown lie disabled on the tracks above.',
  },
  xmeml: {
    programs: 'Premiere Pro, DaVinci Resolve',
    ending: '.xml',
    takes: 'Originals are on the lowest track, takes above them; only shown ones are enabled.',
  },
  otio: {
    programs: 'Retake, RV and pipelines that read OpenTimelineIO with several media references',
    ending: '.otio',
    takes: 'Every take is a media reference of its clip; the shown one is active.',
  },
  'otio-tracks': {
    programs: 'Nuke Studio, Hiero, DaVinci Resolve, Premiere Pro (25.6 and later)',
    ending: ' (tracks).otio',
    takes: 'Originals are on the lowest track, takes above them; only shown ones are enabled.',
  },
  edl: {
    programs: 'Avid Media Composer and whatever reads CMX 3600 lists',
    ending: '.edl',
    takes: 'Only shown takes; the others are named in comments.',
  },
  kdenlive: {
    programs: 'Kdenlive',
    ending: '.kdenlive',
    takes: 'Takes that are not shown are on hidden tracks.',
  },
  shotcut: {
    programs: 'Shotcut',
    ending: '.mlt',
    takes: 'Takes that are not shown are on hidden tracks.',
  },
} as const satisfies Record<string, TimelineFacts>;

export type TimelineFormatId = keyof typeof formats;

export const TIMELINES: Readonly<Record<TimelineFormatId, TimelineFacts>> = formats;
export const TIMELINE_FORMATS = Object.keys(formats) as [TimelineFormatId, ...TimelineFormatId[]];
