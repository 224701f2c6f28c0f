/** What a request means before anything is opened: names looked up, ranges checked. Shared by rendering and planning. */
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo, Fit, FrameRange } from '../../../common/media.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { scheduleNamed } from '../diffusion/names.ts';
import { makeLevels, type ScheduleId } from '../diffusion/schedule.ts';
import { solverNamed, solvers } from '../diffusion/solvers/registry.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import type { LatentShape, NoiseSchedule } from '../diffusion/types.ts';
import { fitCanvas, fitInto } from '../media/fit.ts';
import type { Need } from '../methods/have.ts';
import { getMethod, methods, parseParams, solverFor } from '../methods/registry.ts';
import type { Method } from '../methods/types.ts';
import { checkCanvas } from '../models/parts.ts';
import { structureKind } from '../models/structure.ts';
import { alwaysInTiles } from '../models/tiles/choice.ts';
import type { Bundle } from '../models/types.ts';
import { checkExtension, type Extension, extensionOf } from './extension.ts';
import { heldBy, neededFor } from './hold.ts';
import { checkTold, startFor, withNullText } from './null-text.ts';
import { plannedShot } from './planned-shot.ts';

export interface ResolvedRequest {
  /** Its needs are known; within a shot its runs too. */
  readonly method: Method;
  /** Completed by the method's defaults. */
  readonly params: unknown;
  readonly needs: readonly Need[];
  readonly solver: Solver;
  readonly scheduleId: ScheduleId;
}

/** @throws AppError usage naming what is not known; plugin-failed where a method's plugin does not answer; Cancelled */
export async function resolveRequest(
  settings: Pick<EditSettings, 'method'> & {
    readonly sampling: Pick<EditSettings['sampling'], 'solver' | 'schedule'> &
      Partial<EditSettings['sampling']>;
  } & Partial<Pick<EditSettings, 'inversion' | 'guide'>>,
  signal?: AbortSignal,
): Promise<ResolvedRequest> {
  const offered = getMethod(settings.method.id);
  const params = parseParams(offered, startFor(offered, settings));
  const method = (await offered.resolve?.(params, null, signal)) ?? offered;
  const solver = solverFor(method, params, named(settings.sampling.solver, solverNamed, SOLVER));
  return {
    method,
    params,
    needs: withNullText({ method, needs: method.needs(params), solver }, settings),
    solver,
    scheduleId: named(settings.sampling.schedule, scheduleNamed, SCHEDULE) ?? 'bundle',
  };
}

/** @throws AppError usage when range or anchors are not in the clip, or the method follows fewer anchors */
export function resolveRange(
  settings: Pick<EditSettings, 'source' | 'guide' | 'method'>,
  clip: Pick<ClipInfo, 'frames'>,
): FrameRange {
  const start = settings.source.range?.start ?? 0;
  const end = settings.source.range?.end ?? clip.frames;
  const last = clip.frames - 1;
  if (end > clip.frames || start >= end) {
    throw usage(`frames ${start} to ${end - 1} are not in the clip`, `The clip has frames 0 to ${last}.`);
  }
  const outside = anchorsOf(settings).find((frame) => frame < start || frame >= end);
  if (outside !== undefined) {
    throw usage(
      `the anchor, frame ${outside}, is outside the frames to edit`,
      `Choose one from ${start} to ${end - 1}.`,
    );
  }
  checkSeveral(settings);
  return { start, end };
}

/** Frames of the clip that lead, ascending, each once. */
export function anchorsOf({ guide }: Pick<EditSettings, 'guide'>): number[] {
  return [...new Set([guide.anchor, ...guide.anchors])].sort((a, b) => a - b);
}

/** Whether further anchors lead too. @throws AppError usage for a method there is not */
export function followsSeveral({ method: { id } }: Pick<EditSettings, 'method'>): boolean {
  return getMethod(id).severalAnchors ?? false;
}

/** @throws AppError usage where several anchors are given to a method that follows only one */
function checkSeveral(settings: Pick<EditSettings, 'guide' | 'method'>): void {
  const { guide, method } = settings;
  const [other] = guide.anchors.filter((frame) => frame !== guide.anchor);
  if (other === undefined || followsSeveral(settings)) return;
  const several = methods.list.filter(({ severalAnchors }) => severalAnchors).map(({ id }) => id);
  throw usage(
    `${getMethod(method.id).label} follows one anchor, and frame ${other} is a further one`,
    `Leave the further anchors out, or choose ${several.join(' or ')}.`,
  );
}

/** Canvas of a clip for a network. @throws AppError bundle-invalid where an export froze another than was asked for */
export function canvasOf(
  settings: { readonly sampling: Pick<EditSettings['sampling'], 'size'> },
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
const SCHEDULE = { what: 'schedule', choices: 'bundle, trailing, karras or exponential' };

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

/** What of a bundle is known without its networks. */
type ModelFacts = Pick<
  Bundle,
  | 'name'
  | 'nativeSize'
  | 'grid'
  | 'frozen'
  | 'factor'
  | 'latentChannels'
  | 'structureChannels'
  | 'textWidth'
  | 'toldGuidance'
  | 'scheduler'
  | 'digests'
  | 'readPrompt'
  | 'vaeMemory'
  | 'untiled'
>;

/** Of the latents of an edit. @throws AppError as canvasOf */
export function shapeOf(
  settings: Parameters<typeof canvasOf>[0],
  clip: Parameters<typeof canvasOf>[1],
  network: Parameters<typeof canvasOf>[2] & Parameters<typeof latentShape>[1],
): LatentShape {
  return latentShape(canvasOf(settings, clip, network), network);
}

/** A request and its clip, model and canvas: what a plan and a render both start from. Needs are its method's and what it is held by. */
export interface ResolvedShot extends ResolvedRequest {
  readonly settings: EditSettings;
  readonly clip: ClipInfo;
  readonly range: FrameRange;
  /** Where the take has frames that the clip does not; null where it has those of the range. */
  readonly extension: Extension | null;
  /** Of the take. */
  readonly frames: number;
  /** Anchor among them. */
  readonly anchor: number;
  /** All that lead, ascending. */
  readonly anchors: readonly number[];
  readonly model: ModelFacts;
  /** The execution provider in use. */
  readonly provider: string;
  readonly encodesInTiles: boolean;
  readonly fit: Fit;
  readonly shape: LatentShape;
  readonly schedule: NoiseSchedule;
}

/** @throws AppError usage, bundle-invalid for what does not go together; plugin-failed, Cancelled as `resolveRequest` */
export async function resolveShot(of: {
  readonly settings: EditSettings;
  readonly request: ResolvedRequest;
  readonly clip: ClipInfo;
  readonly model: ModelFacts;
  readonly provider: string;
  readonly signal?: AbortSignal;
}): Promise<ResolvedShot> {
  const { settings, request, clip, model } = of;
  checkTold(model, settings);
  const range = resolveRange(settings, clip);
  const extension = extensionOf(settings, range);
  checkExtension(extension, { settings, method: request.method, model });
  const fit = canvasOf(settings, clip, model);
  const shape = latentShape(fit, model);
  const tiles = {
    ...{ asked: settings.model.vaeTiles, whole: model.vaeMemory(shape).whole },
    ...{ provider: of.provider, untiled: model.untiled },
  };
  if (tiles.asked === 'on' && tiles.untiled !== null)
    throw usage(
      `the VAE of ${model.name} cannot work in tiles: ${tiles.untiled}`,
      `Set ${settingWord('model.vaeTiles')} to auto or off.`,
    );
  const { method, params, solver, scheduleId } = request;
  const { signal, ...facts } = of;
  const place = (frame: number) => extension?.fixed[frame - range.start] ?? frame - range.start;
  const shot = {
    ...{ ...request, ...facts },
    needs: neededFor(betweenBy(request.needs, model), heldBy(settings.guide, request)),
    range,
    extension,
    frames: extension?.frames ?? range.end - range.start,
    anchor: place(settings.guide.anchor),
    anchors: anchorsOf(settings).map(place),
    fit,
    shape,
    encodesInTiles: alwaysInTiles(tiles),
    schedule: makeLevels(model.scheduler, settings.sampling.steps, { solver, schedule: scheduleId }),
  };
  if (!method.resolve) return shot;
  return { ...shot, method: await method.resolve(params, plannedShot(shot), signal) };
}

/** Pictures between two others are drawn along the motion where the bundle has no network for it. */
function betweenBy(needs: readonly Need[], { digests }: Pick<ModelFacts, 'digests'>): readonly Need[] {
  if (!needs.includes('between') || digests.interpolator !== undefined) return needs;
  return [...new Set<Need>([...needs, 'flow'])];
}

/** Where the depth comes from; null for networks that take none. */
export type DepthOf =
  | { readonly source: 'clip'; readonly clip: ClipInfo }
  /** `size` in pixels at which the estimator looks at the shot. */
  | { readonly source: 'estimator'; readonly size: Size }
  | null;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * @param of sizeFor: of the bundle's estimator, null where it has none
 * @throws AppError usage when depth is wanted and there is none, or given and not wanted, or not like the clip
 */
export async function depthOf(
  of: ResolvedShot & { readonly sizeFor: ((picture: Size) => Size) | null },
  probe: (path: string) => Promise<ClipInfo>,
): Promise<DepthOf> {
  const { settings, model, fit, clip, range, sizeFor } = of;
  const path = settings.guide.depth;
  if (structureKind(model.structureChannels) !== 'depth') {
    if (path === null) return null;
    throw depthRefused(`${model.name} takes no depth`, 'Leave the depth clip out or choose a depth model.');
  }
  if (path === null) {
    if (sizeFor) {
      return { source: 'estimator', size: sizeFor({ width: fit.contentWidth, height: fit.contentHeight }) };
    }
    throw depthRefused(
      `${model.name} wants the depth of every frame and cannot estimate it`,
      'Give a depth clip (near is bright, far is dark), or add an estimator to the bundle as depth_estimator/model.onnx.',
    );
  }
  const given = await probe(path);
  if (given.frames < range.end) {
    throw depthRefused(
      `the depth clip has ${given.frames} frames, the edit reaches frame ${range.end - 1}`,
      'It must match the clip frame for frame.',
    );
  }
  if (Math.abs(given.width / given.height - clip.width / clip.height) > 0.02) {
    throw depthRefused('the depth clip has another shape than the clip', 'It must show the same picture.');
  }
  return { source: 'clip', clip: given };
}

function depthRefused(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading the depth', hint });
}

/** Of latents on this canvas. */
export function latentShape(
  fit: Pick<Fit, 'width' | 'height'>,
  { latentChannels, factor }: Pick<Bundle, 'latentChannels' | 'factor'>,
): LatentShape {
  return { channels: latentChannels, height: fit.height / factor, width: fit.width / factor };
}
