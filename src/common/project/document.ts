/**
 * What a project is: clips, a magnetic timeline of shots and gaps, and takes. Plain data, checked when read from disk.
 * Edits never change it in place; see edits.ts.
 */
import { z } from 'zod';
import { fingerprint } from '../fingerprint.ts';
import { model } from '../settings/model.ts';
import { SETTINGS, type ShotSettings } from '../settings/settings.ts';

/** Never the name of something that every object has: entries are looked up by it. */
const id = z
  .string()
  .min(1)
  .max(40)
  .refine((text) => !(text in Object.prototype), 'is no name for an entry');
export const name = z.string().max(10_000);
/** A plugin's id, as `org.example.ale`. */
const pluginId = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => !(text in Object.prototype), 'is no name for a plugin');
const path = z
  .string()
  .max(4096)
  .refine((text) => !text.includes('\0'), 'holds a character that no file name has');
const frame = z.int().min(0);
const rational = z.strictObject({ num: z.int(), den: z.int().min(1) });

/** Settings as the artist left them: unlike a request, prompts may still be empty. */
export const shotSettings = SETTINGS.shot;

export const clipRef = z.strictObject({
  id,
  path,
  fingerprint,
  name,
  rate: rational,
  frames: z.int().min(1),
  width: z.int().min(1),
  height: z.int().min(1),
  timecode: z.string().max(100).nullable(),
  hasAudio: z.boolean(),
});

export const shot = z.strictObject({
  kind: z.literal('shot'),
  id,
  name,
  clipId: id,
  /** Frames of the clip, half-open. */
  start: frame,
  end: z.int().min(1),
  /** Frames of the clip, ascending, at least one, all within the shot. */
  anchors: z.array(frame).min(1),
  /** The anchor that leads when the shot is rendered; one of `anchors`. */
  leadAnchor: frame,
  settings: shotSettings,
  /** The take shown on the timeline; null shows the clip. */
  takeId: id.nullable(),
});

const gap = z.strictObject({ kind: z.literal('gap'), id, frames: z.int().min(1) });

const take = z.strictObject({
  id,
  shotId: id,
  name,
  /** 0 is unrated. */
  rating: z.int().min(0).max(5),
  path,
  createdAt: z.number(),
  /** Frames of the clip that it covers: a shot trimmed since then shows a part of it. */
  start: frame,
  end: z.int().min(1),
  anchor: frame,
  settings: shotSettings,
  bundle: name,
  seconds: z.number(),
  /** How well the inversion led back to the clip, in dB; null where it was not checked, and in older projects. */
  reconstruction: z.number().nullable().default(null),
  /** The artist's own words about it. */
  note: z.string().max(10_000).default(''),
});

export const MARKER_COLOURS = ['red', 'orange', 'yellow', 'green', 'blue', 'purple'] as const;

const marker = z.strictObject({
  id,
  /** Of the timeline. */
  frame,
  /** May be empty. */
  name,
  note: name,
  colour: z.enum(MARKER_COLOURS),
});

/** A take as the engine files it; name, rating and note are the artist's. Its id is that of the job that made it. */
export const filedTake = take.omit({ name: true, rating: true, note: true });

export const projectDocument = z.strictObject({
  name,
  clips: z.record(id, clipRef),
  /** In playing order; positions follow from lengths. */
  timeline: z.array(z.discriminatedUnion('kind', [shot, gap])),
  takes: z.record(id, take),
  /** Ascending by frame. */
  markers: z.array(marker).default([]),
  /** Label of the first frame, "01:00:00:00"; empty is hour one, counted as the first clip does. */
  startTimecode: z.string().max(20).default(''),
  /** Path of the model that renders; null is the built-in one. */
  bundle: path.nullable(),
  provider: model.provider.schema,
  /** Where takes are written; null is a folder beside the project. */
  takesFolder: path.nullable(),
  /** Plugins that are switched on or off for this project alone; all others are as they are for all projects. */
  plugins: z.record(pluginId, z.boolean()).default({}),
});

export type { ShotSettings };
export type ClipRef = z.infer<typeof clipRef>;
export type Shot = z.infer<typeof shot>;
type Gap = z.infer<typeof gap>;
export type TimelineItem = Shot | Gap;
export type Take = z.infer<typeof take>;
export type Marker = z.infer<typeof marker>;
export type FiledTake = z.infer<typeof filedTake>;
export type ProjectDocument = z.infer<typeof projectDocument>;

export function emptyProject(name: string): ProjectDocument {
  return {
    ...{ name, clips: {}, timeline: [], takes: {}, markers: [], startTimecode: '' },
    ...{ bundle: null, provider: 'auto', takesFolder: null, plugins: {} },
  };
}
