/**
 * A mask: where a shot is edited. Geometry is in pixels of the clip's picture as it is shown (x to the right, y down, the first
 * pixel covers 0..1), time in frames of the clip.
 */
import { z } from 'zod';
import { fingerprint } from '../fingerprint.ts';

/** More would be a mistake: no picture is so wide, no hand draws so much. */
const FAR = 100_000;
const MOST = { parts: 32, keys: 1000, corners: 500, strokes: 1000, places: 4000 } as const;

const frame = z.int().min(0).max(10_000_000);
const place = z.number().min(-FAR).max(FAR);
const size = z.number().gt(0).max(FAR);
const point = z.tuple([place, place]);
export type Point = z.output<typeof point>;

const boxKey = z.strictObject({
  frame,
  /** Left and top before it is turned. */
  x: place,
  y: place,
  width: size,
  height: size,
  /** Degrees clockwise around its middle. */
  angle: z.number().min(-36_000).max(36_000).default(0),
});
export type BoxKey = z.output<typeof boxKey>;

const polygonKey = z.strictObject({
  frame,
  /** Corners in their order; the last is joined to the first. */
  points: z.array(point).min(3).max(MOST.corners),
});
export type PolygonKey = z.output<typeof polygonKey>;

const stroke = z.strictObject({
  /** The frame it was painted on. */
  frame,
  mode: z.enum(['paint', 'erase']),
  /** Of the round brush. */
  radius: z.number().gt(0).max(FAR),
  /** The way of its middle; one point is a dab. */
  points: z.array(point).min(1).max(MOST.places),
});
export type Stroke = z.output<typeof stroke>;

/** Keys in ascending frames, one a frame. */
function keysOf<K extends z.ZodType<{ readonly frame: number }>>(key: K) {
  return z
    .array(key)
    .min(1)
    .max(MOST.keys)
    .refine(
      (keys) => keys.every(({ frame: at }, i) => i === 0 || keys[i - 1]!.frame < at),
      'must have one key a frame, in their order',
    );
}

const shared = { id: z.string().min(1).max(60), mode: z.enum(['add', 'subtract']).default('add') };

/** A file of pictures that says what is inside: white, or opaque. */
const matte = {
  path: z.string().min(1).max(4096),
  /** As it was chosen on the desktop. */
  fingerprint: fingerprint.optional(),
  channel: z.enum(['alpha', 'luma']).default('luma'),
  /** Frame of the matte that belongs to the clip's first one. */
  offset: z.int().min(-10_000_000).max(10_000_000).default(0),
};

const part = z.discriminatedUnion('kind', [
  z.strictObject({ ...shared, kind: z.literal('rectangle'), keys: keysOf(boxKey) }),
  z.strictObject({ ...shared, kind: z.literal('ellipse'), keys: keysOf(boxKey) }),
  z.strictObject({ ...shared, kind: z.literal('polygon'), keys: keysOf(polygonKey) }),
  z.strictObject({ ...shared, kind: z.literal('matte'), ...matte }),
  z.strictObject({
    ...shared,
    kind: z.literal('brush'),
    /** In the order in which they were painted. */
    strokes: z.array(stroke).min(1).max(MOST.strokes),
  }),
  /** What a network takes for the object. `model`: folder or file; null is the one that comes with the bundle. */
  z.strictObject({
    ...shared,
    kind: z.literal('segmenter'),
    model: z.string().min(1).max(4096).nullable().default(null),
  }),
]);
export type Part = z.output<typeof part>;
export type PartOf<Kind extends Part['kind']> = Extract<Part, { kind: Kind }>;
/** Parts that are known from the mask alone. */
export type Shape = PartOf<'rectangle' | 'ellipse' | 'polygon'>;

/** Pixels of the clip's picture; more than a picture is wide says nothing. */
const LONGEST = 2000;

function maskOf(mayBeEmpty: boolean) {
  return z.strictObject({
    /** Everything but the parts. */
    invert: z.boolean().default(false),
    /** Pixels outwards; negative shrinks. */
    grow: z.number().min(-LONGEST).max(LONGEST).default(0),
    /** Width in pixels of the soft edge, half of it on either side. */
    feather: z.number().min(0).max(LONGEST).default(0),
    /** Applied in their order. */
    parts: z
      .array(part)
      .refine((parts) => mayBeEmpty || parts.length > 0, 'are none yet: draw one, or remove the mask')
      .max(MOST.parts)
      .refine(
        (parts) => new Set(parts.map(({ id }) => id)).size === parts.length,
        'must have parts of different ids',
      ),
  });
}

/** As it is rendered. */
export const mask = maskOf(false);
/** While it is drawn: no part may be there yet. */
export const maskDraft = maskOf(true);
export type Mask = z.output<typeof mask>;

export const NEW_MASK: Mask = { invert: false, grow: 0, feather: 0, parts: [] };

export function isShape(one: Part): one is Shape {
  return one.kind === 'rectangle' || one.kind === 'ellipse' || one.kind === 'polygon';
}
