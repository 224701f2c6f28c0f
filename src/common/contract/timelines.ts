/** Timelines of other programs. */
import { z } from 'zod';
import type { Rational } from '../media.ts';
import type { ParamsSchema } from '../plugins/params.ts';
import { call } from './call.ts';
import type { OpenedProject } from './projects.ts';
import { absolutePath, nothing } from './values.ts';

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

interface OfPlugin {
  readonly id: string;
  readonly label: string;
  /** Null for what comes with Retake. */
  readonly plugin: { readonly id: string; readonly name: string } | null;
}

/** What timelines can be written as and read from, and what names can be made of: of Retake, and of plugins that are on. */
export interface TimelineWays {
  readonly formats: readonly (OfPlugin & {
    /** What programs take it. */
    readonly programs: string;
    readonly ending: string;
    /** What it asks for; null for nothing. */
    readonly params: ParamsSchema | null;
  })[];
  /** Endings without dot. */
  readonly readers: readonly (OfPlugin & { readonly endings: readonly string[] })[];
  readonly words: readonly OfPlugin[];
}

export const timelineCalls = {
  'timeline.ways': call(nothing, 'listing timeline formats').answers<TimelineWays>(),
  /** Makes nothing. */
  'timeline.look': call(lookRequest, 'looking at a timeline').answers<SeenTimeline>(),
  'timeline.import': call(importRequest, 'opening a timeline').answers<ImportedTimeline>(),
};
