/** Which frames a take has that its clip does not, and where those of the clip stand among them. Pure. */
import { basename } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { FrameRange } from '../../../common/media.ts';
import { isActive } from '../../../common/settings/controls.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { Run } from '../diffusion/run.ts';
import { methods } from '../methods/registry.ts';
import type { Method } from '../methods/types.ts';
import { structureKind } from '../models/structure.ts';

export interface Extension {
  /** Of the take. */
  readonly frames: number;
  /** Where each frame of the range stands in the take, ascending. */
  readonly fixed: readonly number[];
  /** Frames of the take before the first of them. */
  readonly before: number;
  /** Frames of the take for one of the clip. */
  readonly every: number;
}

/** Null where the take has the frames of the range and no others. */
export function extensionOf(
  { extend: { before, after, between } }: Pick<EditSettings, 'extend'>,
  { start, end }: FrameRange,
): Extension | null {
  const count = end - start;
  const every = between + 1;
  const frames = before + (count - 1) * every + 1 + after;
  if (frames === count) return null;
  return { frames, fixed: Array.from({ length: count }, (_, i) => before + i * every), before, every };
}

/** Frames of the take that were made, ascending. */
export function madeFrames({ frames, fixed }: Extension): number[] {
  const isFixed = new Set(fixed);
  return Array.from({ length: frames }, (_, frame) => frame).filter((frame) => !isFixed.has(frame));
}

/** Frames of the range, 0-based, that the runs look at; and one beside where motion is asked for at an end. */
export function touchedBy(runs: readonly Run[], { fixed }: Extension): ReadonlySet<number> {
  const seen = new Set(runs.flatMap(({ frames }) => frames));
  const touched = new Set(fixed.flatMap((frame, i) => (seen.has(frame) ? [i] : [])));
  const last = fixed.length - 1;
  if (touched.has(0)) touched.add(Math.min(1, last));
  if (touched.has(last)) touched.add(Math.max(0, last - 1));
  return touched;
}

/**
 * What is told of each frame of the clip, for a frame of the take: of one that is made what lies between its neighbours', by
 * nearness, and beyond an end that of the last one.
 * @param of by frame of the range, all of one length
 */
export function toldOf({ fixed }: Extension, frame: number, of: readonly Float32Array[]): Float32Array {
  const after = fixed.findIndex((other) => other >= frame);
  if (after < 0) return of.at(-1)!;
  const right = of[after]!;
  if (after === 0 || fixed[after] === frame) return right;
  const left = of[after - 1]!;
  const t = (frame - fixed[after - 1]!) / (fixed[after]! - fixed[after - 1]!);
  return left.map((value, i) => (1 - t) * value + t * right[i]!);
}

/** @throws AppError usage for what does not go with frames that the clip does not have */
export function checkExtension(
  extension: Extension | null,
  {
    settings,
    method,
    model,
  }: {
    readonly settings: EditSettings;
    readonly method: Method;
    readonly model: { readonly name: string; readonly structureChannels: number };
  },
): void {
  if (extension === null) {
    if (!method.makesFrames) return;
    throw refused(
      `${method.label} makes frames that the clip does not have, and none are asked for`,
      `Say how many: ${settingWord('extend.after')}, ${settingWord('extend.before')} or ${settingWord('extend.between')}.`,
    );
  }
  if (!method.makesFrames) {
    const able = methods.list.filter(({ makesFrames }) => makesFrames).map(({ id }) => id);
    throw refused(
      `${method.label} makes no frames that the clip does not have`,
      `Choose the method ${able.join(' or ')}; to edit them too, edit first and make the take longer then.`,
    );
  }
  const { guide, sampling } = settings;
  const without = (message: string, hint: string) =>
    refused(`${message}, and frames are made that the clip does not have`, hint);
  if (guide.mask) throw without('a mask says where the clip is edited', 'Leave the mask out.');
  if (guide.pictures.length > 0)
    throw without(
      'pictures stand for frames of the clip',
      'Leave them out, or make a take with them longer.',
    );
  if (guide.keep > 0)
    throw without(`${settingWord('guide.keep')} keeps the clip`, `Set ${settingWord('guide.keep')} to 0.`);
  if (sampling.reuse > 1)
    throw without(
      `${settingWord('sampling.reuse')} leaves out the depth of the network`,
      `Set ${settingWord('sampling.reuse')} to 1.`,
    );
  const [control] = settings.model.controls.filter(isActive);
  if (control)
    throw without(`the ControlNet ${basename(control.path)} follows pictures of the clip`, 'Leave it out.');
  if (structureKind(model.structureChannels) === 'surroundings')
    throw without(
      `${model.name} is told what is around a mask`,
      'Choose a model that is not made for inpainting.',
    );
}

function refused(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'planning the frames that are made', hint });
}
