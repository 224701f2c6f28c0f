/** Whether a render fits into memory, and if not, what would: told before its first frame. */
import prettyBytes from 'pretty-bytes';
import { TooLittleMemory } from '../../../common/errors.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { LatentShape } from '../diffusion/types.ts';
import { attentionFor } from '../methods/registry.ts';
import type { AttentionUse } from '../methods/types.ts';
import type { Foretold, RecordedBytes } from '../models/memory/foretold.ts';
import { ALL_TILED, vaeInTiles } from '../models/memory/vae.ts';
import type { ControlGuide } from '../recipe/controls.ts';
import { nullTextBytes } from '../recipe/null-text-notes.ts';
import { canvasOf, latentShape, type ResolvedShot } from '../recipe/request.ts';
import { branchPrompts, runsOf } from '../recipe/runs.ts';
import { type MemoryOf, type RenderMemory, renderMemory } from './memory.ts';

export interface Planned {
  readonly resolved: ResolvedShot;
  readonly controls: readonly ControlGuide[];
  /** Whether somebody may look in on it. */
  readonly watched: boolean;
  /** Frames that are learnt, where the method does so. */
  readonly learnt: number;
  /** Bytes of an image-text model that steers; 0 without one. */
  readonly steering: number;
  foretell(shape: LatentShape): Foretold;
}

/** How its UNet is prepared. */
export function attentionOf({ method, params, anchors }: ResolvedShot): AttentionUse {
  return attentionFor(method, params, anchors.length);
}

/** What the render is, as far as memory matters. */
export function memoryOf({ resolved, controls, watched, foretell, learnt, steering }: Planned): MemoryOf {
  const { shape, fit, settings, model, needs, method, params } = resolved;
  const learning = method.learns?.(params) ?? null;
  const texts = nullTextBytes(resolved);
  const colours = ({ control, source }: ControlGuide) =>
    source.kind === 'clip' && control.condition !== 'depth' ? 3 : 1;
  return {
    foretold: foretell(shape),
    shape,
    branches: branchPrompts(settings, model).length,
    runs: runsOf(resolved),
    needs,
    structureChannels: model.structureChannels,
    controlPictures: controls.reduce((sum, one) => sum + fit.width * fit.height * colours(one), 0),
    texts:
      settings.inversion.nullText === 'shared'
        ? { frame: 0, together: texts }
        : { frame: texts, together: 0 },
    learning: learning && Math.min(learning.together, learnt),
    steering,
    watched,
  };
}

/**
 * @param free bytes that the engine may take, Infinity where nobody knows
 * @throws AppError usage naming the largest size that fits, and what else helps
 */
export function checkMemory(planned: Planned, needed: RenderMemory, free: number): void {
  if (needed.total <= free) return;
  const { fit, settings, model, method } = planned.resolved;
  const size = settings.sampling.size ?? model.nativeSize;
  const largest = largestSize(planned, size, free);
  const smaller =
    largest === null ? null : `choose size ${largest} (--size ${largest}), the largest that fits`;
  const { tiled, cannot } = tilesFor(planned, free);
  const follows = needed.recorded.values > 0 || planned.resolved.needs.includes('likeness');
  const ways = [
    tiled,
    smaller,
    settings.model.attention === 'exact' ? 'set the attention to auto, which holds no scores' : null,
    planned.resolved.needs.includes('nullText') && settings.inversion.nullText === 'frame'
      ? `share what is tuned over the frames (${settingWord('inversion.nullText')} at shared)`
      : null,
    follows ? (method.lighter?.(planned.resolved.params) ?? null) : null,
    'close other programs',
    method.sites === 'none' ? null : 'use a method that looks at no other frames (sdedit, mix)',
  ];
  const [first, ...rest] = ways.filter((way) => way !== null) as [string, ...string[]];
  throw new TooLittleMemory(
    `this edit needs about ${prettyBytes(needed.total)} of memory at ${fit.width}×${fit.height}, and ${prettyBytes(free)} are free`,
    {
      doing: 'planning the memory',
      hint: `${[first[0]!.toUpperCase() + first.slice(1), ...rest].join(', or ')}.${cannot}`,
    },
  );
}

/** Whether all of the VAE in tiles would help. */
function tilesFor(
  planned: Planned,
  free: number,
): { readonly tiled: string | null; readonly cannot: string } {
  const { model } = planned.resolved;
  const foretell = (shape: LatentShape) =>
    vaeInTiles(planned.foretell(shape), model.vaeMemory(shape), ALL_TILED);
  const helps = renderMemory(memoryOf({ ...planned, foretell })).total <= free;
  if (!helps) return { tiled: null, cannot: '' };
  return model.untiled === null
    ? { tiled: `set ${settingWord('model.vaeTiles')} to on`, cannot: '' }
    : { tiled: null, cannot: ` The VAE of this model cannot work in tiles, ${model.untiled}.` };
}

/** Below the one that was asked for; null where none fits, or an export froze it. */
function largestSize(planned: Planned, size: number, free: number): number | null {
  const { model, clip, settings } = planned.resolved;
  if (model.frozen.width !== null || model.frozen.height !== null) return null;
  // To derive the way back takes a second and more at each size of a large network; below a size it takes less than its share of the area.
  const { shape: asked } = planned.resolved;
  const whole = planned.foretell(asked);
  const foretellSmaller = (shape: LatentShape): Foretold => {
    const smaller = ({ weights, values }: RecordedBytes): RecordedBytes => ({
      weights,
      values: (values * shape.height * shape.width) / (asked.height * asked.width),
    });
    return {
      ...planned.foretell(shape),
      recorded: (calls) => smaller(whole.recorded(calls)),
      recordedPicture: () => smaller(whole.recordedPicture()),
    };
  };
  const fits = (steps: number): boolean => {
    const smaller = { ...settings, sampling: { ...settings.sampling, size: steps * model.grid } };
    const fit = canvasOf(smaller, clip, model);
    const resolved = { ...planned.resolved, settings: smaller, fit, shape: latentShape(fit, model) };
    return renderMemory(memoryOf({ ...planned, resolved, foretell: foretellSmaller })).total <= free;
  };
  // A larger one never takes less.
  let [low, high] = [0, Math.ceil(size / model.grid) - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? null : low * model.grid;
}
