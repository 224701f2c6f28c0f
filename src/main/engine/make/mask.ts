/** Where a frame is edited: the mask's parts put together, over the content of the canvas. */

import type { Grid, Size } from '../../../common/masks/grid.ts';
import { boxAt, polygonAt } from '../../../common/masks/keys.ts';
import { isShape, type Mask, type Part, type PartOf } from '../../../common/masks/mask.ts';
import { hasGreys, rasterise } from '../../../common/masks/rasterise.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { cutContent } from '../media/fit.ts';
import { Brush, paintedFrames } from './brush.ts';
import { confidenceOf, type Link } from './carry.ts';
import { bilinear } from './carry-field.ts';
import type { Derived, Making } from './derived.ts';
import { Matte } from './matte.ts';
import { namesOf, type PicturesShot } from './shot.ts';

/** Raise when the same mask gives other pixels. */
const VERSION = 1;

/** Flows between a frame and the next, and what they are made of. */
export interface LinkOf {
  /** Keys of both flows. */
  readonly key: string;
  read(): Promise<Link>;
}

/** Object in a picture, by a network. */
export interface SegmentOf {
  /** Digests of the network, the provider and the picture. */
  readonly key: string;
  /** (h, w) of the content, 0..1. */
  run(): Promise<Float32Array>;
}

export interface MasksOf {
  readonly shot: PicturesShot;
  readonly mask: Mask;
  /** Files of mattes, by part. */
  readonly mattes: ReadonlyMap<string, ClipInfo>;
  link(frame: number): Promise<LinkOf>;
  /** A frame on the canvas, RGB8. */
  picture(frame: number): Promise<Uint8Array>;
  readonly segment: (part: PartOf<'segmenter'>, frame: number) => Promise<SegmentOf>;
  readonly signal?: AbortSignal | undefined;
}

export interface MaskOfFrame {
  /** (h, w) of the content, 0..1: 1 where the artist wants the edit. */
  readonly mask: Derived<Tensor>;
  /** (2, h, w), coverage and trust, of each brush. */
  readonly brushes: readonly Derived<Tensor>[];
  /** (h, w) at another size, where shapes and mattes are as sharp as it lets them be; not kept. Exactly 0 outside the feather. */
  at(size: Size, have: Making['have']): Promise<Float32Array>;
}

/** A part on a frame. */
interface PartOn {
  readonly part: Part;
  /** What decides how it looks. */
  readonly key: unknown;
  /** What has to be made for it. */
  readonly need?: Derived<Tensor>;
}

export class Masks {
  readonly #of: MasksOf;
  readonly #grid: Grid;
  readonly #brushes = new Map<string, Brush>();
  readonly #mattes = new Map<string, Matte>();

  constructor(of: MasksOf) {
    const { contentWidth: width, contentHeight: height, sourceWidth, sourceHeight } = of.shot.fit;
    this.#of = of;
    this.#grid = { width, height, picture: { width: sourceWidth, height: sourceHeight } };
  }

  /** Frames are best asked for in their order. */
  async frame(index: number): Promise<MaskOfFrame> {
    const { mask } = this.#of;
    const grid = this.#grid;
    const parts = await Promise.all(mask.parts.map((part) => this.#part(part, index)));
    const needs = parts.flatMap(({ need }) => (need ? [need] : []));
    const { invert, grow, feather } = mask;
    const edge = { invert, grow, feather };
    const finished: Derived<Tensor> = {
      kind: kinds.mask,
      frame: index,
      key: keyOf('mask', VERSION, { ...this.#sizes(), ...edge, parts: parts.map(({ key }) => key) }),
      names: this.#names(`frame ${index}`),
      calls: {},
      needs,
      make: async ({ have }) => {
        const data = await this.#rasterised(index, grid, parts, have);
        return { value: { shape: [grid.height, grid.width], data } };
      },
    };
    return {
      brushes: parts.flatMap(({ part, need }) => (part.kind === 'brush' && need ? [need] : [])),
      mask: finished,
      at: async (size, have) => {
        // Moving many lines of greys takes long at the size of a film, and what is soft loses nothing by being scaled.
        const soft = mask.parts.some(hasGreys) && (grow !== 0 || feather !== 0);
        if (soft) return enlarged((await have(finished)).data, grid, size);
        return this.#rasterised(index, { ...size, picture: grid.picture }, parts, have);
      },
    };
  }

  async #rasterised(
    index: number,
    grid: Grid,
    parts: readonly PartOn[],
    have: Making['have'],
  ): Promise<Float32Array> {
    const own = this.#grid;
    const known = new Map<Part, Float32Array>();
    for (const { part, need } of parts) {
      const matte = this.#matteOf(part, grid);
      if (matte) known.set(part, await matte.coverage(index));
      else if (need) {
        const covered = (await have(need)).data.subarray(0, own.width * own.height);
        known.set(part, enlarged(covered, own, grid));
      }
    }
    return rasterise(this.#of.mask, index, grid, (part) => known.get(part));
  }

  /** Ends reading. */
  async rest(): Promise<void> {
    for (const matte of this.#mattes.values()) await matte.rest();
  }

  /** What decides how a part looks on a frame, and what has to be made for it. */
  async #part(part: Part, index: number): Promise<PartOn> {
    if (isShape(part)) {
      const at = part.kind === 'polygon' ? polygonAt(part.keys, index) : boxAt(part.keys, index);
      return { part, key: [part.mode, part.kind, at] };
    }
    if (part.kind === 'matte') return { part, key: [part.mode, 'matte', this.#matteOf(part)!.key(index)] };
    const need =
      part.kind === 'brush' ? await this.#carried(part, index) : await this.#segmented(part, index);
    return { part, key: [part.mode, part.kind, need.key], need };
  }

  async #carried(part: PartOf<'brush'>, index: number): Promise<Derived<Tensor>> {
    const { start, end } = reachOf(part, index);
    const links = new Map<number, LinkOf>();
    for (let frame = start; frame < end - 1; frame++) links.set(frame, await this.#of.link(frame));
    const ways = Array.from(links.values(), ({ key }) => key);
    const strokes = part.strokes.map(({ frame, ...rest }) => ({ ...rest, from: index - frame }));
    return {
      kind: kinds.mask,
      frame: index,
      key: keyOf('mask', VERSION, { ...this.#sizes(), strokes, ways }),
      names: this.#names(`brush on frame ${index}`),
      calls: {},
      needs: [],
      make: async ({ signal }) => {
        const brush = this.#brushOf(part, signal);
        const { coverage, trust } = await brush.at(index);
        const data = new Float32Array(2 * coverage.length);
        data.set(coverage);
        data.set(trust, coverage.length);
        return { value: { shape: [2, this.#grid.height, this.#grid.width], data } };
      },
    };
  }

  async #segmented(part: PartOf<'segmenter'>, index: number): Promise<Derived<Tensor>> {
    const { key, run } = await this.#of.segment(part, index);
    return {
      kind: kinds.mask,
      frame: index,
      key: keyOf('mask', VERSION, { ...this.#sizes(), segmenter: key }),
      names: this.#names(`object on frame ${index}`),
      calls: { segment: 1 },
      needs: [],
      make: async ({ onCall }) => {
        const data = await run();
        onCall('segment');
        return { value: { shape: [this.#grid.height, this.#grid.width], data } };
      },
    };
  }

  #brushOf(part: PartOf<'brush'>, signal: AbortSignal): Brush {
    const known = this.#brushes.get(part.id);
    if (known) return known;
    const link = async (frame: number) => (await this.#of.link(frame)).read();
    const { shot } = this.#of;
    const picture = async (frame: number) => cutContent(await this.#of.picture(frame), shot.fit);
    const brush = new Brush({ part, grid: this.#grid, link, picture, signal });
    this.#brushes.set(part.id, brush);
    return brush;
  }

  #matteOf(part: Part, size: Size = this.#grid): Matte | null {
    if (part.kind !== 'matte') return null;
    const name = `${part.id} ${size.width}×${size.height}`;
    const known = this.#mattes.get(name);
    if (known) return known;
    const { mattes, signal } = this.#of;
    const matte = new Matte({ part, clip: mattes.get(part.id)!, size, signal });
    this.#mattes.set(name, matte);
    return matte;
  }

  #sizes(): Record<string, unknown> {
    const { width, height, picture } = this.#grid;
    return { size: [width, height], picture: [picture.width, picture.height] };
  }

  #names(name: string): Derived<Tensor>['names'] {
    const { width, height } = this.#grid;
    return { ...namesOf(this.#of.shot, name, { settings: `${width}×${height}` }), bundle: '' };
  }
}

/** Least share of an edit that is seen in 8 bit; what is less is what scaling smears. */
const LEAST = 1 / 255;

/** (h, w), 0..1, at another size. */
function enlarged(of: Float32Array, from: Size, to: Size): Float32Array {
  if (from.width === to.width && from.height === to.height) return of;
  const [across, down] = [from.width / to.width, from.height / to.height];
  const out = new Float32Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      const share = bilinear(of, from, (x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5);
      out[y * to.width + x] = share < LEAST ? 0 : share;
    }
  }
  return out;
}

/** How far a frame's brushes can be relied on, 0..1: the least of them; null where there is none. */
export function confidenceIn(brushes: readonly Tensor[]): number | null {
  const all = brushes.map(({ shape, data }) => {
    const [, height = 0, width = 0] = shape;
    const count = width * height;
    return confidenceOf(
      { coverage: data.subarray(0, count), trust: data.subarray(count) },
      { width, height },
    );
  });
  return all.length > 0 ? Math.min(...all) : null;
}

/** Frames between which flows are read for a frame's brush. */
function reachOf(part: PartOf<'brush'>, index: number): FrameRange {
  const frames = [...paintedFrames(part), index];
  return { start: Math.min(...frames), end: Math.max(...frames) + 1 };
}

/** Frames whose flows to their neighbours the brushes of a mask read; null where it has none, or every frame is painted alone. */
export function framesToFollow({ parts }: Mask, range: FrameRange): FrameRange | null {
  const painted = parts.flatMap((part) => (part.kind === 'brush' ? paintedFrames(part) : []));
  if (painted.length === 0) return null;
  const start = Math.min(range.start, ...painted);
  const end = Math.max(range.end, ...painted.map((frame) => frame + 1));
  return end - start > 1 ? { start, end } : null;
}
