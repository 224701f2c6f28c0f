/**
 * The mask that a brush has on every frame: painted on some, carried from those to the others. A stroke corrects what was carried to
 * its frame from the ones that were painted before it, so frames are worked out in the order in which they were first painted on.
 */
import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../../common/errors.ts';
import { paintOver } from '../../../common/masks/fill.ts';
import type { Grid } from '../../../common/masks/grid.ts';
import type { PartOf } from '../../../common/masks/mask.ts';
import { grey } from '../flow/pyramid.ts';
import { between, type Carried, Carrier, type Link } from './carry.ts';

export interface BrushOf {
  readonly part: PartOf<'brush'>;
  readonly grid: Grid;
  /** Flows between a frame and the next. */
  link(frame: number): Promise<Link>;
  /** A frame's picture, RGB8 (h·w·3); asked for in their order where that is possible. */
  picture(frame: number): Promise<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/** One way from a painted frame, held where it was left, so that frames asked for in order cost a step each. */
interface Way {
  readonly carrier: Carrier;
  at: number;
  /** Frames that were passed on the way back; they are asked for in the other order. */
  readonly passed: Map<number, Carried>;
  last: Carried;
}

export class Brush {
  readonly #of: BrushOf;
  /** Painted so far, by frame. */
  readonly #painted = new Map<number, Carried>();
  readonly #ways = new Map<string, Way>();
  /** Grey pictures, 8 bit, of the frames that ways lead over: 0.26 MB a frame at 512². */
  readonly #looks = new Map<number, Uint8Array>();
  #isReady = false;

  constructor(of: BrushOf) {
    this.#of = of;
  }

  /** Coverage and trust of a frame. @throws Cancelled, as `link` does */
  async at(frame: number): Promise<Carried> {
    const all = paintedFrames(this.#of.part);
    await this.#see(Math.min(frame, ...all), Math.max(frame, ...all));
    if (!this.#isReady) {
      for (const painted of all) this.#painted.set(painted, await this.#paint(painted));
      this.#isReady = true;
    }
    return this.#carriedTo(frame);
  }

  /** Forwards, as pictures are read: ways go both ways. */
  async #see(first: number, last: number): Promise<void> {
    const { picture, grid, signal } = this.#of;
    for (let frame = first; frame <= last; frame++) {
      if (this.#looks.has(frame)) continue;
      throwIfCancelled(signal);
      const { data } = grey(await picture(frame), grid.width, grid.height);
      this.#looks.set(frame, new Uint8Array(data.map(Math.round)));
    }
  }

  async #paint(frame: number): Promise<Carried> {
    const { part, grid } = this.#of;
    const base =
      this.#painted.size > 0
        ? (await this.#carriedTo(frame)).coverage
        : new Float32Array(grid.width * grid.height);
    // Ways that were begun go on to frames beyond this one no more.
    this.#ways.clear();
    const strokes = part.strokes.filter((stroke) => stroke.frame === frame);
    return { coverage: paintOver(base, strokes, grid), trust: base.map(() => 1) };
  }

  async #carriedTo(frame: number): Promise<Carried> {
    const painted = this.#painted.get(frame);
    if (painted) return painted;
    const frames = [...this.#painted.keys()];
    const before = Math.max(...frames.filter((one) => one < frame));
    const after = Math.min(...frames.filter((one) => one > frame));
    const first = Number.isFinite(before) ? await this.#follow(before, frame) : null;
    const second = Number.isFinite(after) ? await this.#follow(after, frame) : null;
    if (!first || !second) return (first ?? second)!;
    return between(first, second, (frame - before) / (after - before), this.#of.grid);
  }

  async #follow(from: number, to: number): Promise<Carried> {
    const { grid, link, signal } = this.#of;
    const step = Math.sign(to - from);
    const name = `${from} ${step}`;
    let way = this.#ways.get(name);
    const known = way?.passed.get(to);
    if (known) {
      way!.passed.delete(to);
      return known;
    }
    if (!way || (to - way.at) * step < 0) {
      const start = this.#painted.get(from)!;
      const carrier = new Carrier(start.coverage, grid, this.#looks.get(from)!);
      way = { carrier, at: from, passed: new Map(), last: start };
      this.#ways.set(name, way);
    }
    while (way.at !== to) {
      // A step takes a good part of a second: whoever gives up is heard between two.
      await setImmediate();
      throwIfCancelled(signal);
      const { there, back } = await link(step > 0 ? way.at : way.at - 1);
      way.at += step;
      const ways = step > 0 ? { there, back } : { there: back, back: there };
      way.last = way.carrier.step(ways, this.#looks.get(way.at)!);
      if (step < 0 && way.at !== to) way.passed.set(way.at, way.last);
    }
    return way.last;
  }
}

/** In the order in which they were first painted on. */
export function paintedFrames({ strokes }: PartOf<'brush'>): number[] {
  return [...new Set(strokes.map(({ frame }) => frame))];
}
