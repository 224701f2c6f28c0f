/** The progressive preview: what the network takes for the watched frame's clean picture, now and then while it renders. */
import type { DesktopEvent } from '../../../common/contract/events.ts';
import { AppError } from '../../../common/errors.ts';
import type { Fit } from '../../../common/media.ts';
import { bilinear } from '../make/carry-field.ts';
import type { Glimpse } from '../render/context.ts';

const EVERY_SECONDS = 2;
/** Largest share of the time that looking may take. */
const COST = 0.05;
const LONGEST = 512;

type PreviewFrame = Extract<DesktopEvent, { kind: 'preview-frame' }>;

export class Watch {
  #watched: { readonly id: string; readonly frame: number } | null = null;
  #nextAt = 0;
  readonly #now: () => number;

  /** `now` in seconds. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now;
  }

  set(watched: { readonly id: string; readonly frame: number } | null): void {
    this.#watched = watched && { id: watched.id, frame: watched.frame };
  }

  /** Null where it is not the watched frame, or too soon after the last one. */
  async look(job: string, shotId: string, glimpse: Glimpse): Promise<PreviewFrame | null> {
    const watched = this.#watched;
    if (watched?.id !== job || watched.frame !== glimpse.frame) return null;
    const began = this.#now();
    if (began < this.#nextAt) return null;
    try {
      const picture = await glimpse.picture();
      const { frame, step, edit } = glimpse;
      return {
        kind: 'preview-frame',
        jobId: job,
        shotId,
        frame,
        step,
        ...toRgba(picture, glimpse.fit, edit),
      };
    } catch (error) {
      // A look that fails must not end the render; the render itself will say what is wrong.
      if (error instanceof AppError) return null;
      throw error;
    } finally {
      const cost = this.#now() - began;
      this.#nextAt = this.#now() + Math.max(EVERY_SECONDS, (cost * (1 - COST)) / COST);
    }
  }
}

/**
 * The content of a canvas (RGB float 0..1) as RGBA bytes, at most 512 pixels wide and high.
 * @param edit (h, w) of any grid over the canvas, 0..1
 */
export function toRgba(
  picture: Float32Array,
  fit: Fit,
  edit: Float32Array | null = null,
): Pick<PreviewFrame, 'pixels' | 'width' | 'height' | 'edit'> {
  const shrink = Math.max(1, Math.ceil(Math.max(fit.contentWidth, fit.contentHeight) / LONGEST));
  const width = Math.max(1, Math.floor(fit.contentWidth / shrink));
  const height = Math.max(1, Math.floor(fit.contentHeight / shrink));
  const pixels = new Uint8Array(width * height * 4);
  const side = Math.min(shrink, fit.contentWidth, fit.contentHeight);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1) {
        let sum = 0;
        for (let dy = 0; dy < side; dy += 1) {
          const row = (fit.top + y * shrink + dy) * fit.width + fit.left + x * shrink;
          for (let dx = 0; dx < side; dx += 1) sum += picture[(row + dx) * 3 + c]!;
        }
        pixels[(y * width + x) * 4 + c] = Math.round((sum / (side * side)) * 255);
      }
      pixels[(y * width + x) * 4 + 3] = 255;
    }
  }
  return { pixels, width, height, edit: edit && overContent(edit, fit, { shrink, width, height }) };
}

function overContent(
  edit: Float32Array,
  fit: Fit,
  { shrink, width, height }: { readonly shrink: number; readonly width: number; readonly height: number },
): Uint8Array {
  // A latent has as many cells per pixel across as down.
  const cell = Math.sqrt((fit.width * fit.height) / edit.length);
  const grid = { width: Math.round(fit.width / cell), height: Math.round(fit.height / cell) };
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const x = (fit.left + ((i % width) + 0.5) * shrink) / cell - 0.5;
    const y = (fit.top + (Math.floor(i / width) + 0.5) * shrink) / cell - 0.5;
    return Math.round(255 * bilinear(edit, grid, x, y));
  });
}
