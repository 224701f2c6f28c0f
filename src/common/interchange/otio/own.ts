/** What is ours in the metadata of an OpenTimelineIO file: what its schema has no place for. */
import { z } from 'zod';
import { MARKER_COLOURS } from '../../project/document.ts';

export const OWN = 'retake';
/** As the format calls the first reference of a clip. */
export const ORIGINAL = 'DEFAULT_MEDIA';

export const ownTimeline = z.object({ width: z.int(), height: z.int(), drop: z.boolean() });
export const ownClip = z.object({ name: z.string(), note: z.string(), source: z.string() });
export const ownMarker = z.object({ colour: z.enum(MARKER_COLOURS).nullable() });
export const ownReference = z.object({
  name: z.string(),
  reel: z.string().nullable(),
  width: z.int(),
  height: z.int(),
  sound: z.object({ channels: z.int(), sampleRate: z.int() }).nullable(),
  from: z.string().regex(/^-?\d+\/\d+$/),
  timecode: z.object({ drop: z.boolean() }).nullable(),
});
