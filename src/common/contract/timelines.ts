/** A timeline for other programs. */
import { z } from 'zod';
import { FCPXML_VERSIONS } from '../interchange/fcpxml/write.ts';
import { TIMELINE_FORMATS, type TimelineFormatId } from '../interchange/registry.ts';
import type { Rational } from '../media.ts';
import { projectDocument } from '../project/document.ts';
import { call } from './call.ts';
import type { OpenedProject } from './projects.ts';
import { absolutePath, projectId } from './values.ts';

const timelineRequest = z.strictObject({
  /** The open project, as whoever asks shows it. */
  project: projectId,
  document: projectDocument,
  /** Made new. */
  folder: absolutePath,
  formats: z.array(z.enum(TIMELINE_FORMATS)).min(1),
  /** Of shots with several. */
  takes: z.enum(['all', 'shown']),
  /** Whether files stay where they are, or are copied beside the timelines. */
  media: z.enum(['link', 'copy']),
  fcpxml: z.enum(FCPXML_VERSIONS),
  /** Frames of the timeline, half-open; null for all of it. */
  range: z.strictObject({ from: z.int().min(0), to: z.int().min(1) }).nullable(),
});

export type TimelineRequest = z.infer<typeof timelineRequest>;

export interface ExportedTimeline {
  readonly folder: string;
  readonly files: readonly {
    readonly format: TimelineFormatId;
    readonly path: string;
    /** What it could not keep, a line each. */
    readonly losses: readonly string[];
  }[];
  /** Bytes of media that were copied. */
  readonly copied: number;
}

const lookRequest = z.strictObject({
  /** What another program wrote. */
  path: absolutePath,
  /** Searched, by name, for files that are not where the timeline says. */
  footage: absolutePath.nullable(),
  /** Frames a second, for lists that do not say theirs. */
  rate: z.strictObject({ num: z.int().min(1), den: z.int().min(1) }),
});

const importRequest = lookRequest.extend({
  /** Of the project that is made. */
  project: absolutePath,
});

export interface SeenTimeline {
  /** As the other program calls it. */
  readonly name: string;
  /** Pieces of clips in it. */
  readonly shots: number;
  /** Null where the timeline leaves it open (EDL). */
  readonly rate: Rational | null;
  /** Of the first file that was found, null for none: what a timeline that leaves it open most likely counts at. */
  readonly rateOfFiles: Rational | null;
  readonly files: readonly {
    readonly name: string;
    readonly foundAt: string | null;
  }[];
}

export interface ImportedTimeline {
  readonly opened: OpenedProject;
  readonly shots: number;
  /** What could not be kept, a line each. */
  readonly losses: readonly string[];
}

export const timelineCalls = {
  'timeline.export': call(timelineRequest, 'exporting the timeline').answers<ExportedTimeline>(),
  /** Makes nothing. */
  'timeline.look': call(lookRequest, 'looking at a timeline').answers<SeenTimeline>(),
  'timeline.import': call(importRequest, 'opening a timeline').answers<ImportedTimeline>(),
};
