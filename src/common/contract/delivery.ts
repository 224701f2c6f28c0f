/** Out to other programs: takes, shots or the whole timeline as files, and timelines that name them. */
import { z } from 'zod';
import { TAKE_FORMATS } from '../formats/registry.ts';
import { FCPXML_VERSIONS } from '../interchange/formats.ts';
import { projectDocument } from '../project/document.ts';
import { call } from './call.ts';
import { absolutePath, projectId } from './values.ts';

const ids = z.array(z.string().min(1).max(40)).min(1).max(100_000);

/** A format of Retake, "edl", or of a plugin, "org.example.ale/ale". */
const timelineId = z
  .string()
  .max(150)
  .regex(/^[a-z][a-z0-9.-]*(\/[a-z][a-z0-9-]*)?$/, 'is no name of a timeline format');

const what = z.discriminatedUnion('kind', [
  /** A file for each take, all its frames. */
  z.strictObject({ kind: z.literal('takes'), takes: ids }),
  /** A file for each shot: what is shown of it, its take, else the clip. */
  z.strictObject({ kind: z.literal('shots'), shots: ids }),
  /** Frames of the timeline, half-open; null for all of it. Made, it is one file; else the files that it shows. */
  z.strictObject({
    kind: z.literal('timeline'),
    range: z.strictObject({ from: z.int().min(0), to: z.int().min(1) }).nullable(),
  }),
]);

const media = z.discriminatedUnion('as', [
  /** Files stay where they are. */
  z.strictObject({ as: z.literal('link') }),
  z.strictObject({ as: z.literal('copy') }),
  z.strictObject({
    as: z.literal('made'),
    format: z.enum(TAKE_FORMATS),
    sound: z.boolean(),
    /** Frames more before and behind each shot, of its take where that covers them. */
    handles: z.int().min(0).max(1000),
    /** Whether the clip, unedited, gives the handles that a take lacks. */
    handlesFromClip: z.boolean(),
    /** Frames a second of every file; null for its own. Length and sound stay, frames are left out or stand twice. */
    rate: z.strictObject({ num: z.int().min(1), den: z.int().min(1) }).nullable(),
    /** Folder of a network that makes every picture larger; without it they stay as large as they are. */
    upscaler: absolutePath.optional(),
  }),
]);

/** How it leaves, whatever it is: what presets keep. */
export const deliveryHow = z.strictObject({
  media,
  /** What files are called, without ending: "{project}_{shot}_{take}", also {clip}, {n}, {date}, {timecode}. Null: copies keep their names. */
  names: z.string().min(1).max(500).nullable(),
  /** Timelines beside the media; null for none. */
  timelines: z
    .strictObject({
      formats: z.array(timelineId).min(1).max(100),
      /** Of shots with several. */
      takes: z.enum(['all', 'shown']),
      fcpxml: z.enum(FCPXML_VERSIONS),
      /** What formats of plugins ask for, by format; what is not said is as the plugin has it. */
      params: z
        .record(
          timelineId,
          z.record(z.string().max(40), z.union([z.string().max(10_000), z.number(), z.boolean()])),
        )
        .optional(),
    })
    .nullable(),
  /** A script beside the timelines that puts takes into Resolve's take selector. */
  resolve: z.boolean(),
  /** What files say of how they were made. */
  credentials: z.enum(['none', 'model', 'prompts']),
});

const deliveryRequest = deliveryHow.extend({
  /** The open project, as whoever asks shows it. */
  project: projectId,
  document: projectDocument,
  /** Made new, or empty. */
  folder: absolutePath,
  what,
  /** Label of the first frame of the timeline; null for the project's. */
  startTimecode: z.string().max(20).nullable(),
});
export type DeliveryRequest = z.output<typeof deliveryRequest>;

export interface DeliveryForecast {
  /** Names are places inside the folder; bytes are of usual footage, of copies exact. */
  readonly files: readonly { readonly name: string; readonly frames: number; readonly bytes: number }[];
  readonly bytes: number;
  /** Of the disk. */
  readonly free: number;
  /** Files that an earlier run of the same, cut off, has finished. */
  readonly done: number;
  /** What an editor should know before, a line each. */
  readonly notes: readonly string[];
}

export interface WrittenTimeline {
  readonly format: string;
  /** What programs take it. */
  readonly programs: string;
  readonly path: string;
  /** Further files of it. */
  readonly more: readonly string[];
  /** What it could not keep, a line each. */
  readonly losses: readonly string[];
}

export interface Delivered {
  readonly folder: string;
  readonly files: readonly { readonly path: string; readonly frames: number; readonly bytes: number }[];
  readonly timelines: readonly WrittenTimeline[];
  /** Timelines that plugins could not write, and why, in a line; all else is there. */
  readonly failed: readonly { readonly format: string; readonly programs: string; readonly line: string }[];
  readonly notes: readonly string[];
}

/** How far a delivery is. */
export interface DeliveryProgress {
  readonly folder: string;
  /** From 1 on. */
  readonly file: number;
  readonly files: number;
  readonly name: string;
  /** Of this file. */
  readonly frame: number;
  readonly frames: number;
  /** Of all of it, 0..1. */
  readonly fraction: number;
}

const inPlaceRequest = z.strictObject({
  project: projectId,
  document: projectDocument,
  take: z.string().min(1).max(40),
  format: z.enum(TAKE_FORMATS),
});
export type InPlaceRequest = z.output<typeof inPlaceRequest>;

export const deliveryCalls = {
  /** Refuses what `delivery.run` would refuse; writes nothing. */
  'delivery.foresee': call(deliveryRequest, 'preparing the export').answers<DeliveryForecast>(),
  /** All of it, or nothing under its final name; the same request goes on where a run was cut off. Progress comes as events. */
  'delivery.run': call(deliveryRequest, 'exporting').answers<Delivered>(),
  /** Throws away what exports to this folder that were cut off have finished; answers whether there was anything. */
  'delivery.forget': call(
    z.strictObject({ project: projectId, folder: absolutePath }),
    'throwing away what was exported',
  ).answers<boolean>(),
  /**
   * A take's whole clip with the take in it, in a new folder beside the clip and under the clip's own name: what relinks by name, timecode
   * and length finds it. The clip stays as it is. Progress names the clip's folder.
   */
  'delivery.inPlace': call(inPlaceRequest, 'writing the clip with the take').answers<Delivered>(),
};
