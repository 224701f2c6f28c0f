/** What ControlNets follow, looked at before anything is computed. */
import { basename, join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { type Control, isActive } from '../../../common/settings/controls.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { Run } from '../diffusion/run.ts';
import { isWithin } from '../diffusion/share.ts';
import { stepAt } from '../diffusion/solvers/solver.ts';
import type { DepthBy } from '../make/depth.ts';
import { showsAll } from '../media/fit.ts';
import { type OpenDepthEstimator, openDepthEstimator } from '../models/depth-estimator.ts';
import { kindOf } from '../models/files.ts';
import type { OpenAloneOptions } from '../models/open-alone.ts';
import { depthEstimator } from '../models/roles/depth-estimator.ts';
import type { DepthEstimator } from '../models/types.ts';

/** A ControlNet that does something, and where what it follows comes from. */
export interface ControlGuide {
  readonly control: Control;
  readonly source:
    | { readonly kind: 'shot' }
    | { readonly kind: 'clip'; readonly clip: ClipInfo }
    /** `size` in pixels at which the estimator looks at the shot. */
    | { readonly kind: 'estimator'; readonly by: DepthBy; readonly size: Size };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whether it holds the frames in a step (0-based) of so many. */
export function isOn({ start, end }: Pick<Control, 'start' | 'end'>, step: number, steps: number): boolean {
  return isWithin({ from: start, to: end }, step, steps);
}

/** What a call of a ControlNet takes of one of the UNet, whose way down and middle it is. */
export const CONTROL_SHARE = 0.4;

/** Frames that go through ControlNets in all steps of these runs. */
export function controlCalls(runs: readonly Run[], controls: readonly ControlGuide[]): number {
  return runs.reduce((sum, { frames, schedule }) => {
    const last = schedule.levels.length - 1;
    const on = controls.flatMap(({ control }) =>
      [...schedule.levels.keys()].filter((call) =>
        isOn(control, stepAt(schedule, call), stepAt(schedule, last) + 1),
      ),
    );
    return sum + frames.length * on.length;
  }, 0);
}

/** What is likely not meant: few steps may all lie outside of the share that a ControlNet is given. */
export function controlNotes(runs: readonly Run[], controls: readonly ControlGuide[]): string[] {
  return controls.flatMap((guide) => {
    if (controlCalls(runs, [guide]) > 0) return [];
    const { path, start, end } = guide.control;
    const share = `${Math.round(100 * start)} to ${Math.round(100 * end)} %`;
    return [`the ControlNet ${basename(path)} holds nothing: no whole step lies in ${share} of the steps`];
  });
}

/** What estimates depth for ControlNets. */
type Estimator = DepthBy & Pick<DepthEstimator, 'sizeFor'>;

/** By folder; null is the model's own. */
export class Estimators extends Map<string | null, Estimator> implements AsyncDisposable {
  readonly #opened: OpenDepthEstimator[] = [];

  own(opened: OpenDepthEstimator): OpenDepthEstimator {
    this.#opened.push(opened);
    return opened;
  }

  async release(): Promise<void> {
    for (const one of this.#opened) await one.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#opened) await one.close();
  }
}

/** Paths of the networks that do something, each once. */
export function controlNetsOf({ model }: Pick<EditSettings, 'model'>): string[] {
  return pathsOf(model.controls.filter(isActive));
}

/** Of those that do nothing, which must be there and fit all the same. */
export function idleControlNetsOf({ model }: Pick<EditSettings, 'model'>): string[] {
  const used = controlNetsOf({ model });
  return pathsOf(model.controls).filter((path) => !used.includes(path));
}

function pathsOf(controls: readonly Control[]): string[] {
  return [...new Set(controls.map(({ path }) => path))];
}

/**
 * @param own what the model itself estimates by; null where it does not
 * @throws AppError usage where nothing estimates, bundle-invalid; Cancelled
 */
export async function estimatorsOf(
  settings: Pick<EditSettings, 'model'>,
  own: Estimator | null,
  options: OpenAloneOptions,
): Promise<Estimators> {
  const found = new Estimators();
  try {
    for (const control of settings.model.controls) {
      const { condition, clip, estimator } = control;
      if (condition !== 'depth' || clip !== null || found.has(estimator)) continue;
      // One that is named must be there, whether it is asked or not.
      if (!isActive(control) && estimator === null) continue;
      if (estimator === null && own) found.set(null, own);
      else {
        const dir = estimator ?? (await ownOf(settings.model.bundle));
        found.set(estimator, found.own(await openDepthEstimator(dir, options)));
      }
    }
    return found;
  } catch (error) {
    await found[Symbol.asyncDispose]();
    throw error;
  }
}

/** Models that take no depth may have an estimator all the same. */
async function ownOf(model: string): Promise<string> {
  const dir = join(model, depthEstimator.folder);
  if ((await kindOf(dir)) === 'folder') return dir;
  throw refused(
    'the model has nothing that estimates depth',
    'Give the ControlNet a depth clip (near is bright, far is dark) or the folder of a depth estimator.',
  );
}

/** @throws AppError usage naming the clip that does not fit; as `probe` does */
export async function controlGuidesOf(
  of: {
    readonly settings: Pick<EditSettings, 'model'>;
    readonly clip: Pick<ClipInfo, 'width' | 'height'>;
    readonly range: FrameRange;
    readonly fit: Fit;
    readonly estimators: Estimators;
  },
  probe: (path: string) => Promise<ClipInfo>,
): Promise<ControlGuide[]> {
  const guides: ControlGuide[] = [];
  for (const control of of.settings.model.controls) {
    const { condition, clip, estimator } = control;
    const follows = condition === 'clip' || (condition === 'depth' && clip !== null);
    const given = follows ? await givenClip(clip!, of, probe) : null;
    if (!isActive(control)) continue;
    if (given) {
      guides.push({ control, source: { kind: 'clip', clip: given } });
    } else if (condition === 'depth') {
      const by = of.estimators.get(estimator)!;
      const size = by.sizeFor({ width: of.fit.contentWidth, height: of.fit.contentHeight });
      guides.push({ control, source: { kind: 'estimator', by, size } });
    } else guides.push({ control, source: { kind: 'shot' } });
  }
  return guides;
}

/** Frame by frame as the clip. */
async function givenClip(
  path: string,
  { clip, range }: { readonly clip: Pick<ClipInfo, 'width' | 'height'>; readonly range: FrameRange },
  probe: (path: string) => Promise<ClipInfo>,
): Promise<ClipInfo> {
  const given = await probe(path);
  const name = basename(path);
  if (given.frames < range.end) {
    throw refused(
      `the clip ${name} has ${given.frames} frames, the edit reaches frame ${range.end - 1}`,
      "It must match the shot's clip frame for frame.",
    );
  }
  if (!showsAll(given, clip)) {
    throw refused(
      `the clip ${name} is ${given.width}×${given.height}, another shape than the shot's ${clip.width}×${clip.height}`,
      'It must show the same picture, at any size.',
    );
  }
  return given;
}

function refused(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading what ControlNets follow', hint });
}
