/** What ControlNets follow in a render: made, kept, and told to each step. */
import type { Hash } from 'node:crypto';
import { nearness, type Shades, shadesOf } from '../conditions/nearness.ts';
import type { ControlInput } from '../diffusion/types.ts';
import { brightnessOf, onBlack, withoutPadding } from '../make/condition.ts';
import type { Maker } from '../make/maker.ts';
import { type ControlGuide, isOn } from '../recipe/controls.ts';
import type { RenderContext } from './context.ts';
import type { Shot } from './prepare.ts';

/**
 * By ControlNet and frame: bytes (h, w) of the canvas, or (h, w, 3) of a coloured clip. A quarter of a megabyte a frame at 512²,
 * or three.
 */
export type ControlPictures = readonly (readonly Uint8Array[])[];

export async function makeControls(
  shot: Shot,
  maker: Maker,
  { progress }: Pick<RenderContext, 'progress'>,
  fingerprint: Hash,
): Promise<ControlPictures> {
  const { recipe, range, fit, bundle, estimators, frames } = shot;
  const made: (readonly Uint8Array[])[] = [];
  for (const guide of recipe.controls) {
    // Beside inversion and sampling it is nothing: it is counted, but takes no share of the bar.
    progress.plan('open', frames);
    const pictures: Uint8Array[] = [];
    const shades: Shades[] = [];
    const keys: string[] = [];
    const { control, source } = guide;
    if (source.kind === 'clip') {
      for await (const { pixels, rgb } of recipe.followed.given(source.clip)) {
        keys.push(pixels);
        if (control.condition === 'depth') shades.push(shadesOf(brightnessOf(await rgb(), fit)));
        else pictures.push(withoutPadding(await rgb(), fit));
      }
    }
    await maker.each(recipe.followed.depths(guide), ({ value }, { key, frame }) => {
      keys[frame! - range.start] = key!;
      shades[frame! - range.start] = shadesOf(value.data);
    });
    await maker.each(recipe.followed.edges(guide), ({ value }, { key, frame }) => {
      keys[frame! - range.start] = key!;
      pictures[frame! - range.start] = value;
    });
    made.push(control.condition === 'depth' ? nearness(shades).map((map) => onBlack(map, fit)) : pictures);
    fingerprint.update(JSON.stringify([control.condition, keys]));
  }
  await estimators.release();
  await bundle.release('depthEstimator');
  return made;
}

/** What holds a frame of the shot in a step; undefined where nothing ever does. */
export function controlIn(
  { recipe: { controls }, bundle, fit }: Shot,
  pictures: ControlPictures,
): ((frame: number, step: number, steps: number) => readonly ControlInput[]) | undefined {
  if (controls.length === 0) return undefined;
  const nets = controls.map(({ control }) =>
    bundle.controlNets.findIndex(({ path }) => path === control.path),
  );
  return (frame, step, steps) =>
    controls.flatMap(({ control }, i) =>
      isOn(control, step, steps)
        ? [{ net: nets[i]!, picture: pictures[i]![frame]!, size: fit, scale: control.scale }]
        : [],
    );
}

/** All that the latents depend on beside the pictures, for the key of a checkpoint and for the report. */
export function controlsAsked({ recipe: { controls }, bundle }: Pick<Shot, 'recipe' | 'bundle'>) {
  return controls.map(({ control: { path, condition, scale, start, end } }: ControlGuide) => ({
    digest: bundle.controlNets.find((net) => net.path === path)!.digest,
    ...{ condition, scale, start, end },
  }));
}
