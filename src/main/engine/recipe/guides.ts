/** What leads a shot beside its prompts, looked at before anything is computed. */
import type { ClipInfo } from '../../../common/media.ts';
import { type ControlGuide, controlGuidesOf, type Estimators } from './controls.ts';
import { type Inpainted, inpaintedOf } from './inpainting.ts';
import { mattesOf } from './mattes.ts';
import { type Painted, paintedOf } from './painted.ts';
import { type DepthOf, depthOf, type ResolvedShot } from './request.ts';

export interface Guides {
  readonly depth: DepthOf;
  readonly inpainted: Inpainted;
  /** Files of mattes, by part of the mask. */
  readonly mattes: ReadonlyMap<string, ClipInfo>;
  /** Pictures that stand for frames, by frame of the clip. */
  readonly painted: ReadonlyMap<number, Painted>;
  /** ControlNets that do something. */
  readonly controls: readonly ControlGuide[];
}

/** @throws AppError usage naming what does not fit the clip; as `probe` does */
export async function guidesOf(
  shot: Parameters<typeof depthOf>[0] & ResolvedShot & { readonly estimators: Estimators },
  probe: (path: string) => Promise<ClipInfo>,
): Promise<Guides> {
  const { clip, range, settings } = shot;
  const { mask, pictures } = settings.guide;
  return {
    depth: await depthOf(shot, probe),
    inpainted: inpaintedOf(shot),
    mattes: await mattesOf({ mask, clip, range }, probe),
    painted: await paintedOf({ pictures, clip, range }, probe),
    controls: await controlGuidesOf(shot, probe),
  };
}
