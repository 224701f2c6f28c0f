/** Finished takes: how good they are, and what shows it. */
import { z } from 'zod';
import type { TakeScores } from '../take-scores.ts';
import { call } from './call.ts';
import { absolutePath } from './values.ts';

/** What of a take an event of progress tells of. */
export type ReviewWork = 'score' | 'sheet' | 'compare';

const take = z.strictObject({
  /** The file, or the folder of a sequence. */
  take: absolutePath,
  /** Where its clip is now; null where its report says. */
  clip: absolutePath.nullable(),
});

const scoreRequest = take.extend({
  /** Folder of an image-text model; null leaves its scores out. */
  imageText: absolutePath.nullable(),
  /** Folder of a network of video features; null leaves the Fréchet distance out. */
  features: absolutePath.nullable(),
  /** Clips, or folders of clips, that the features are compared with instead of the take's own clip. */
  references: z.array(absolutePath).max(1000),
});
export type ScoreRequest = z.output<typeof scoreRequest>;

const sheetRequest = take.extend({
  out: absolutePath,
  columns: z.int().min(1).max(40),
  /** A third row: how far take and clip are apart. */
  difference: z.boolean(),
});
export type SheetRequest = z.output<typeof sheetRequest>;

const compareRequest = take.extend({ out: absolutePath, layout: z.enum(['side', 'wipe']) });
export type CompareRequest = z.output<typeof compareRequest>;

const contactRequest = z.strictObject({
  out: absolutePath,
  title: z.string().max(1000),
  takes: z
    .array(
      z.strictObject({
        /** The file, or the folder of a sequence. */
        take: absolutePath,
        /** Of the take, from 0. */
        frame: z.int().min(0),
        name: z.string().max(10_000),
        /** What tells it apart from the others. */
        words: z.string().max(10_000),
      }),
    )
    .min(1)
    .max(200),
});
export type ContactRequest = z.output<typeof contactRequest>;

/** A file that was written, and what it lacks. */
export interface WrittenFile {
  readonly path: string;
  readonly notes: readonly string[];
}

export const takeCalls = {
  /** Measured unless it is kept; progress comes as events. */
  'take.score': call(scoreRequest, 'measuring a take').answers<TakeScores>(),
  /** What is kept of it; null where it was not measured yet. */
  'take.scored': call(scoreRequest, 'looking for scores').answers<TakeScores | null>(),
  'take.sheet': call(sheetRequest, 'making a contact sheet').answers<WrittenFile>(),
  'takes.contact': call(contactRequest, 'making a contact sheet').answers<WrittenFile>(),
  'take.compare': call(compareRequest, 'making an A/B movie').answers<WrittenFile>(),
};
