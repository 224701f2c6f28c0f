/** What leads the edit beside the prompts. */
import { z } from 'zod';
import { fingerprint } from '../fingerprint.ts';
import { type Mask, maskDraft, mask as maskSchema, type Part } from '../masks/mask.ts';
import { field, oneFile, type VisitFile } from './field.ts';
import { steerBy, style } from './steering.ts';

/** Frame of the clip, not of the range. */
const anchor = field(z.int().min(0).default(0), {
  label: 'Lead anchor',
  term: 'anchor or reference frame',
  help: 'Frame whose look leads the others, and by which the analysis of the clip is checked',
  widget: { kind: 'frame' },
  scope: 'request',
  flags: [
    {
      name: 'anchor',
      metavar: 'frame',
      help: 'Frame whose look leads the others; the first to edit by default',
    },
  ],
  affects: ['sampling'],
});

/** Frames of the clip. */
const anchors = field(z.array(z.int().min(0)).max(10_000).default([]), {
  label: 'Further anchors',
  help: 'Frames that lead beside the lead anchor, with methods that follow several',
  widget: { kind: 'frame-list' },
  scope: 'request',
  flags: [
    {
      name: 'anchors',
      metavar: 'frames',
      help: 'Frames that lead together, as 0,12,23, with methods that follow several; without --anchor the first of them is the lead',
    },
  ],
  affects: ['sampling'],
  neutral: [],
});

const keep = field(z.number().min(0).max(1).default(0), {
  label: 'Protect what stays',
  fold: 'top',
  term: 'keep: edit mask from the difference of both prompts',
  help: 'Keeps the clip where the prompt changes nothing; 0 is off',
  widget: { kind: 'slider', step: 0.05 },
  scope: 'look',
  flags: [
    {
      name: 'keep',
      metavar: 'share',
      help: 'Keep the clip where both prompts mean the same: 0 off, 0.3 a little, 0.6 much; the prompt then leads away from the source prompt',
    },
  ],
  affects: ['sampling'],
});

/** A clip whose brightness is nearness, for depth-conditioned models; null lets the bundle estimate it. */
const depth = field(z.string().min(1).nullable().default(null), {
  label: 'Depth clip',
  term: 'depth map',
  help: 'For depth models: a clip like the first, near bright and far dark; without it the model estimates',
  widget: { kind: 'file' },
  files: oneFile('footage'),
  scope: 'request',
  flags: [{ name: 'depth', metavar: 'clip' }],
  affects: ['structure'],
});

/** A still, or frame `at` of a movie or sequence. Frames are the clip's. */
const picture = z.strictObject({
  frame: z.int().min(0),
  path: z.string().min(1),
  /** As it was chosen on the desktop. */
  fingerprint: fingerprint.optional(),
  at: z.int().min(0).default(0),
});

const pictures = field(
  z
    .array(picture)
    .max(1000)
    .default([])
    .refine(
      (list) => new Set(list.map(({ frame }) => frame)).size === list.length,
      'has two for the same frame',
    ),
  {
    label: 'Painted frames',
    help: 'Pictures of your own that stand for frames; the others take their look from them',
    widget: { kind: 'pictures' },
    files: (list: z.output<typeof picture>[], visit) =>
      list.map((one) => ({ ...one, path: visit(one.path, 'footage', one.fingerprint) })),
    scope: 'shot',
    ofClip: true,
    flags: [
      {
        name: 'picture',
        metavar: 'frame=file',
        repeats: true,
        help: 'A picture of your own that stands for a frame, as 12=painted.png, or 12=take.mov@3 for frame 3 of a movie; may be repeated',
      },
    ],
    affects: ['frames'],
    neutral: [],
  },
);
function filesOfPart(part: Part, visit: VisitFile): Part {
  if (part.kind === 'matte') return { ...part, path: visit(part.path, 'footage', part.fingerprint) };
  if (part.kind !== 'segmenter' || part.model === null) return part;
  return { ...part, model: visit(part.model, 'network') };
}

/** Null edits everywhere. */
const mask = field(maskSchema.nullable().default(null), {
  label: 'Mask',
  fold: 'mask',
  help: 'Edits only here; the rest of the picture stays the clip',
  widget: { kind: 'mask' },
  files: (mask: Mask | null, visit) =>
    mask && { ...mask, parts: mask.parts.map((part) => filesOfPart(part, visit)) },
  scope: 'shot',
  ofClip: true,
  flags: [
    {
      name: 'mask',
      metavar: 'file',
      help: 'Edit only here: a mask (JSON), or a matte, white inside: movie, still, sequence (shot.####.png)',
    },
    {
      name: 'mask-channel',
      metavar: 'name',
      help: 'What of the matte is the mask: luma or alpha; luma by default',
    },
    {
      name: 'mask-rectangle',
      metavar: 'x,y,w,h',
      repeats: true,
      help: 'Edit only in this rectangle of the picture, in pixels; may be repeated',
    },
    {
      name: 'mask-ellipse',
      metavar: 'x,y,w,h',
      repeats: true,
      help: 'Edit only in the ellipse within this rectangle; may be repeated',
    },
    { name: 'mask-invert', help: 'Edit everywhere but in the mask' },
    { name: 'mask-grow', metavar: 'pixels', help: 'Move the edge of the mask outwards; negative inwards' },
    { name: 'mask-feather', metavar: 'pixels', help: 'Width of the soft edge, half of it on either side' },
  ],
  affects: ['sampling', 'take'],
  neutral: null,
  draft: maskDraft.nullable().default(null),
});

export const guide = { anchor, anchors, keep, mask, pictures, steerBy, style, depth };
