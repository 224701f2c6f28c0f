/**
 * The suite `timeline@1`: a cut as plugins see it, plain data without a path, and the calls that exporters, importers and name words answer.
 * Within this major, fields are added and none changes.
 */
import { z } from 'zod';
import { MARKER_COLOURS } from '../project/document.ts';
import { suite } from './suites.ts';

const MOST_ITEMS = 100_000;
const MOST_FILES = 200;
const MOST_LOSSES = 1000;
const LONGEST_TEXT = 100_000;
/** Characters of a file that an exporter gives; what one answer may be in all is the host's to say. */
const LONGEST_FILE = 64_000_000;

const text = z.string().max(LONGEST_TEXT);
const short = z.string().max(4096);
const count = z.int().min(0).max(1e9);
const atLeastOne = z.int().min(1).max(1e9);

/** n/d, whole numbers as text: rates of broadcast multiply beyond what numbers hold. Seconds, or frames a second. */
const exact = z.object({
  n: z.string().regex(/^-?\d{1,40}$/, 'is a whole number as text'),
  d: z.string().regex(/^[1-9]\d{0,39}$/, 'is a whole number above zero as text'),
});
const rate = exact.refine(
  ({ n, d }) => Number(n) > 0 && Number(n) <= 1e9 && Number(d) <= 1e9 && Number(n) / Number(d) <= 1000,
  'is no rate: above 0, to 1000 frames a second',
);

/** A label, and the pictures since 00:00:00:00 that it stands for. */
const timecode = z.object({ frames: count, drop: z.boolean(), label: short });
/** Of a plugin's answer: "01:00:00:00", with ";" before the frames where they drop. */
const timecodeGiven = z.union([short, z.object({ frames: count, drop: z.boolean() })]);

const marker = z.object({
  /** Frames of the timeline from the beginning of what it is on. */
  at: count,
  name: text.default(''),
  note: text.default(''),
  colour: z.enum(MARKER_COLOURS).nullable().default(null),
});

const prompts = z.object({ source: text, target: text, negative: text });

/** What was rendered. */
const take = z.object({
  prompts,
  note: text,
  /** 0 is unrated, to 5. */
  rating: z.int().min(0).max(5),
  /** Id of the method, and name of the model, that made it. */
  method: short,
  model: short,
  /** ISO 8601, in UTC. */
  made: short,
});

const sound = z.object({ channels: atLeastOne, sampleRate: atLeastOne });

const media = z.object({
  /** Of this timeline only. */
  id: short,
  /** The file's name with its ending; of a sequence of pictures its pattern, "shot.####.png". */
  name: short,
  /** Where it lies below the timeline's own folder, with "/"; null where it lies elsewhere. */
  place: short.nullable(),
  rate,
  frames: atLeastOne,
  width: atLeastOne,
  height: atLeastOne,
  /** Of its first frame; null where it has none and counts from 0. */
  timecode: timecode.nullable(),
  reel: short.nullable(),
  sound: sound.nullable(),
});

const source = z.object({
  /** Id of its media. */
  media: short,
  /** What the artist calls it: the clip's or the take's name. */
  name: short,
  /** Seconds from the first frame of the media at which the clip begins. */
  from: exact,
  /** Labels of the media's first frame that is seen, and of the one behind the last. */
  in: short,
  out: short,
  /** Null of footage. */
  take: take.nullable(),
});

const clip = z.object({
  kind: z.literal('clip'),
  /** The shot's name. */
  name: short,
  /** Frame of the timeline at which it begins, and how many it takes. */
  at: count,
  frames: atLeastOne,
  /** Labels of the timeline at its first frame, and at the one behind its last. */
  in: short,
  out: short,
  /** The original first, then its takes. */
  sources: z.array(source).min(1).max(1000),
  /** Of `sources`, the one that is seen and heard. */
  shown: count,
  /** Prompts of the shot as they are now. */
  prompts: prompts.nullable(),
  note: text,
  markers: z.array(marker.required()).max(MOST_ITEMS),
});

const gap = z.object({ kind: z.literal('gap'), at: count, frames: atLeastOne });

/** What exporters get. */
const timeline = z.object({
  name: short,
  /** The name as part of a file's: what an exporter calls its files after. */
  stem: short,
  rate,
  /** Label of its first frame. */
  start: timecode,
  frames: count,
  width: atLeastOne,
  height: atLeastOne,
  media: z.array(media).max(MOST_ITEMS),
  /** In playing order, without overlap. */
  items: z.array(z.discriminatedUnion('kind', [clip, gap])).max(MOST_ITEMS),
  /** Of the timeline as a whole. */
  markers: z.array(marker.required()).max(MOST_ITEMS),
});
export type Timeline = z.infer<typeof timeline>;

const mediaGiven = z.object({
  id: short.min(1),
  name: short.min(1),
  /** Where the text says that it lies, below the timeline's folder or in whole; null where it does not say. */
  place: short.nullable().default(null),
  rate: rate.optional(),
  frames: atLeastOne.optional(),
  width: atLeastOne.optional(),
  height: atLeastOne.optional(),
  timecode: timecodeGiven.nullable().default(null),
  reel: short.nullable().default(null),
  sound: sound.nullable().default(null),
});

const sourceGiven = z.object({
  media: short,
  name: short.optional(),
  /** Either of these; `from` counts where both are. */
  from: exact.optional(),
  in: short.optional(),
});

const clipGiven = z.object({
  kind: z.literal('clip'),
  name: short.optional(),
  frames: atLeastOne,
  sources: z.array(sourceGiven).min(1).max(1000),
  shown: count.default(0),
  note: text.default(''),
  markers: z.array(marker).max(MOST_ITEMS).default([]),
});

const gapGiven = z.object({ kind: z.literal('gap'), frames: atLeastOne });

const losses = z.array(z.string().max(2000)).max(MOST_LOSSES).default([]);

/** What importers give: what a text does not say is left out. A timeline as exporters get it is one too. */
const timelineGiven = z.object({
  name: short.default(''),
  rate,
  start: timecodeGiven.default({ frames: 0, drop: false }),
  width: atLeastOne.optional(),
  height: atLeastOne.optional(),
  media: z.array(mediaGiven).max(MOST_ITEMS),
  items: z.array(z.discriminatedUnion('kind', [clipGiven, gapGiven])).max(MOST_ITEMS),
  markers: z.array(marker).max(MOST_ITEMS).default([]),
  /** What of the text could not be kept, a line each. */
  losses,
});
export type TimelineGiven = z.output<typeof timelineGiven>;

/** Values of an exporter's own parameters, as its manifest declares them. */
const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const file = z.union(
  [
    z.strictObject({ path: short.min(1), text: z.string().max(LONGEST_FILE) }),
    z.strictObject({ path: short.min(1), bytes: z.instanceof(Uint8Array) }),
  ],
  'must have a path, and either text or bytes',
);

/** What a name's words can be made of; a text is empty where there is none. */
const nameFacts = z.object({
  project: short,
  shot: short,
  take: short,
  clip: short,
  /** "001", in the order of the files. */
  n: short,
  /** "2026-01-31" */
  date: short,
  /** "01-00-00-00" */
  timecode: short,
  prompts,
  note: text,
  rating: z.int().min(0).max(5),
});
export type NameFacts = z.infer<typeof nameFacts>;

export const timelineV1 = suite('timeline', 1, {
  /** exporters[id].write(timeline, params) */
  write: {
    on: 'exporters',
    input: z.tuple([timeline, params]),
    output: z.object({ files: z.array(file).min(1).max(MOST_FILES), losses }),
  },
  /** importers[id].read(text, { name, rate }): `name` is the file's, `rate` what the artist says of texts that do not. */
  read: {
    on: 'importers',
    input: z.tuple([z.string(), z.object({ name: short, rate })]),
    output: timelineGiven,
  },
  /** names[id](facts), for each file. */
  name: { on: 'names', input: z.tuple([nameFacts]), output: z.string().max(500) },
});
