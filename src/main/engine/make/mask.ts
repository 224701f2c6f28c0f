/** Where a frame is edited: the mask's parts put together, over the content of the canvas. */

import { AppError } from '../../../common/errors.ts';
import type { Grid } from '../../../common/masks/grid.ts';
import { boxAt, polygonAt } from '../../../common/masks/keys.ts';
import { isShape, type Mask, type Part, type PartOf } from '../../../common/masks/mask.ts';
import { rasterise } from '../../../common/masks/rasterise.ts';
import type { ClipInfo, FrameRange } from '../../../common/media.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import { cutContent } from '../media/fit.ts';
import { Brush, paintedFrames } from './brush.ts';
import { confidenceOf, type Link } from './carry.ts';
import type { Derived } from './derived.ts';
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
interface SegmentOf {
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
  /** Absent where no network is at hand. */
  readonly segment?: (part: PartOf<'segmenter'>, frame: number) => Promise<SegmentOf>;
  readonly signal?: AbortSignal | undefined;
}

export interface MaskOfFrame {
  /** (h, w) of the content, 0..1: 1 where the artist wants the edit. */
  readonly mask: Derived<Tensor>;
  /** (2, h, w), coverage and trust, of each brush. */
  readonly brushes: readonly Derived<Tensor>[];
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
    return {
      brushes: parts.flatMap(({ part, need }) => (part.kind === 'brush' && need ? [need] : [])),
      mask: {
        kind: kinds.mask,
        frame: index,
        key: keyOf('mask', VERSION, { ...this.#sizes(), ...edge, parts: parts.map(({ key }) => key) }),
        names: this.#names(`frame ${index}`),
        calls: {},
        needs,
        make: async ({ have }) => {
          const known = new Map<Part, Float32Array>();
          for (const { part, need } of parts) {
            const matte = this.#matteOf(part);
            if (matte) known.set(part, await matte.coverage(index));
            else if (need) known.set(part, (await have(need)).data.subarray(0, grid.width * grid.height));
          }
          const data = rasterise(mask, index, grid, (part) => known.get(part));
          return { value: { shape: [grid.height, grid.width], data } };
        },
      },
    };
  }

  /** Ends reading. */
  async rest(): Promise<void> {
    for (const matte of this.#mattes.values()) await matte.rest();
  }

  /** What decides how a part looks on a frame, and what has to be made for it. */
  async #part(part: Part, index: number): Promise<{ part: Part; key: unknown; need?: Derived<Tensor> }> {
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
    const { segment } = this.#of;
    if (!segment)
      throw new AppError('usage', 'no network finds the object here', { doing: 'making the mask' });
    const { key, run } = await segment(part, index);
    return {
      kind: kinds.mask,
      frame: index,
      key: keyOf('mask', VERSION, { ...this.#sizes(), segmenter: key }),
      names: this.#names(`object on frame ${index}`),
      calls: {},
      needs: [],
      make: async () => ({ value: { shape: [this.#grid.height, this.#grid.width], data: await run() } }),
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

  #matteOf(part: Part): Matte | null {
    if (part.kind !== 'matte') return null;
    const known = this.#mattes.get(part.id);
    if (known) return known;
    const { mattes, signal } = this.#of;
    const matte = new Matte({ part, clip: mattes.get(part.id)!, size: this.#grid, signal });
    this.#mattes.set(part.id, matte);
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
