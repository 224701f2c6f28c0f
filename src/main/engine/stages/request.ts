/** What a request means before anything is opened: names looked up, ranges checked. Shared by rendering and planning. */
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { scheduleNamed } from '../diffusion/names.ts';
import type { ScheduleId } from '../diffusion/schedule.ts';
import { solverNamed, solvers } from '../diffusion/solvers/registry.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import { fitCanvas, fitInto } from '../media/fit.ts';
import type { Need } from '../methods/have.ts';
import { getMethod, parseParams, solverFor } from '../methods/registry.ts';
import type { Method } from '../methods/types.ts';
import { checkCanvas } from '../models/parts.ts';
import type { Bundle } from '../models/types.ts';

export interface ResolvedRequest {
  readonly method: Method;
  /** Completed by the method's defaults. */
  readonly params: unknown;
  readonly needs: readonly Need[];
  readonly solver: Solver;
  readonly scheduleId: ScheduleId;
}

/** @throws AppError usage naming what is not known */
export function resolveRequest(
  settings: Pick<EditSettings, 'method'> & {
    readonly sampling: Pick<EditSettings['sampling'], 'solver' | 'schedule'>;
  },
): ResolvedRequest {
  const method = getMethod(settings.method.id);
  const params = parseParams(method, settings.method.params);
  return {
    method,
    params,
    needs: method.needs(params),
    solver: solverFor(method, params, named(settings.sampling.solver, solverNamed, SOLVER)),
    scheduleId: named(settings.sampling.schedule, scheduleNamed, SCHEDULE) ?? 'bundle',
  };
}

/** @throws AppError usage when range or anchor are not in the clip */
export function resolveRange(settings: EditSettings, clip: Pick<ClipInfo, 'frames'>): FrameRange {
  const start = settings.source.range?.start ?? 0;
  const end = settings.source.range?.end ?? clip.frames;
  const last = clip.frames - 1;
  if (end > clip.frames || start >= end) {
    throw usage(`frames ${start} to ${end - 1} are not in the clip`, `The clip has frames 0 to ${last}.`);
  }
  if (settings.guide.anchor < start || settings.guide.anchor >= end) {
    throw usage(
      `the anchor, frame ${settings.guide.anchor}, is outside the frames to edit`,
      `Choose one from ${start} to ${end - 1}.`,
    );
  }
  return { start, end };
}

/** Canvas of a clip for a network. @throws AppError bundle-invalid where an export froze another than was asked for */
export function canvasOf(
  settings: EditSettings,
  clip: Pick<ClipInfo, 'width' | 'height'>,
  network: Pick<Bundle, 'name' | 'nativeSize' | 'grid' | 'frozen'>,
): Fit {
  const { width, height } = network.frozen;
  if (width !== null && height !== null && settings.sampling.size === null) {
    return fitInto(clip.width, clip.height, { width, height });
  }
  const fit = fitCanvas(clip.width, clip.height, {
    size: settings.sampling.size ?? network.nativeSize,
    grid: network.grid,
  });
  checkCanvas(network.frozen, fit.width, fit.height, network.name);
  return fit;
}

const SOLVER = { what: 'solver', choices: solvers.map(({ id }) => id).join(' or ') };
const SCHEDULE = { what: 'schedule', choices: 'bundle, karras or exponential' };

/** The thing a name stands for; null stays null: the method or the bundle decides. */
function named<Id>(
  name: string | null,
  lookUp: (name: string) => Id | null,
  { what, choices }: { what: string; choices: string },
): Id | null {
  if (name === null) return null;
  const found = lookUp(name);
  if (found === null) throw usage(`there is no ${what} "${name}"`, `Choose ${choices}.`);
  return found;
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'checking the settings', hint });
}
