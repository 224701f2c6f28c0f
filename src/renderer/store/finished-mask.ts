/**
 * The mask of the shot in sight as a render would have it: mattes read, the brush carried along the motion. Asked of the
 * engine where the playhead rests; then, as long as nothing changes, how sure it is on the shot's other frames.
 */
import { create } from 'zustand';
import type { MaskPicture } from '../../common/contract/clips.ts';
import { Cancelled, errorLine } from '../../common/errors.ts';
import { isShape, type Mask } from '../../common/masks/mask.ts';
import type { ClipRef, Shot } from '../../common/project/document.ts';
import { call } from '../engine.ts';
import { jobsStore } from './jobs.ts';
import { getDocument } from './project.ts';

interface Finished {
  /** What is known is of this mask. */
  readonly mask: Mask | null;
  /** And of a model, a size and a motion estimator. */
  readonly by: string;
  readonly pictures: ReadonlyMap<number, MaskPicture>;
  /** By frame of the clip, 0..1, where a brush was carried. */
  readonly confidence: ReadonlyMap<number, number>;
  /** The frame that the engine works on for the viewer. */
  readonly asking: number | null;
  readonly problem: string | null;
}

const nothing: Finished = {
  mask: null,
  by: '',
  pictures: new Map(),
  confidence: new Map(),
  asking: null,
  problem: null,
};

export const finishedStore = create<Finished>(() => nothing);

/** Pictures that are kept: some seconds of stepping to and fro. */
const KEPT = 48;
/** Below this the artist had better paint again. */
export const UNSURE = 0.5;

/** Whether the window alone does not know what the mask is. */
export function needsEngine(mask: Mask): boolean {
  return !mask.parts.every(isShape);
}

export function useFinished<Part>(mask: Mask | null, select: (finished: Finished) => Part): Part {
  return finishedStore((state) => select(state.mask === mask ? state : nothing));
}

/** Stretches [from, to) of clip frames in which a mask is not sure. */
export function unsureOf(
  mask: Mask | null,
  { mask: of, confidence }: Finished,
): readonly (readonly [number, number])[] {
  if (mask === null || of !== mask) return [];
  const frames = [...confidence]
    .flatMap(([frame, sure]) => (sure < UNSURE ? [frame] : []))
    .sort((a, b) => a - b);
  const stretches: [number, number][] = [];
  for (const frame of frames) {
    const last = stretches.at(-1);
    if (last?.[1] === frame) last[1] = frame + 1;
    else stretches.push([frame, frame + 1]);
  }
  return stretches;
}

/** Finishes the mask of a frame, then looks how sure it is elsewhere, nearest first. Never fails: what is wrong is kept. */
export async function finishMask(
  shot: Pick<Shot, 'start' | 'end' | 'settings'>,
  clip: ClipRef,
  frame: number,
  signal: AbortSignal,
): Promise<void> {
  const { mask } = shot.settings.guide;
  if (mask === null || !needsEngine(mask)) return;
  const { bundle } = getDocument();
  const how = { bundle, size: shot.settings.sampling.size, flow: shot.settings.model.flow };
  const by = JSON.stringify(how);
  const known = finishedStore.getState();
  if (known.mask !== mask || known.by !== by) finishedStore.setState({ ...nothing, mask, by });
  const ask = async (one: number) => {
    const picture = await call('clip.mask', { clip, mask, frame: one, ...how }, signal);
    if (!signal.aborted) take(one, picture);
  };
  try {
    if (!finishedStore.getState().pictures.has(frame)) {
      finishedStore.setState({ asking: frame, problem: null });
      await ask(frame);
    }
    if (!mask.parts.some(({ kind }) => kind === 'brush')) return;
    for (const other of nearestFirst(shot, frame)) {
      // A render needs the machine more.
      const isBusy = jobsStore.getState().entries.some(({ state }) => state === 'running');
      if (signal.aborted || isBusy) return;
      if (!finishedStore.getState().confidence.has(other)) await ask(other);
    }
  } catch (error) {
    if (!signal.aborted && !(error instanceof Cancelled))
      finishedStore.setState({ problem: errorLine(error) });
  } finally {
    finishedStore.setState((now) => (now.asking === frame ? { asking: null } : now));
  }
}

function take(frame: number, picture: MaskPicture): void {
  finishedStore.setState(({ pictures, confidence, asking }) => {
    const kept = [...pictures].filter(([one]) => one !== frame).slice(-(KEPT - 1));
    const sure = picture.confidence === null ? [] : [[frame, picture.confidence] as const];
    return {
      pictures: new Map([...kept, [frame, picture]]),
      confidence: new Map([...confidence, ...sure]),
      asking: asking === frame ? null : asking,
    };
  });
}

function nearestFirst({ start, end }: Pick<Shot, 'start' | 'end'>, frame: number): number[] {
  const all = Array.from({ length: end - start }, (_, index) => start + index);
  return all.filter((one) => one !== frame).sort((a, b) => Math.abs(a - frame) - Math.abs(b - frame));
}
