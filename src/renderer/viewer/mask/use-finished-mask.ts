/** The finished mask of the frame in sight, asked for when the playhead rests on it. */
import { useEffect } from 'react';
import type { MaskPicture } from '../../../common/contract/clips.ts';
import { finishMask, needsEngine, useFinished } from '../../store/finished-mask.ts';
import { useMasking } from '../../store/masking.ts';
import { useDocument } from '../../store/project.ts';
import { useEngineState } from '../../store/session.ts';
import { useView } from '../../store/view.ts';
import type { Picture } from '../use-picture.ts';

/** The artist rests on a frame, or a change, this long before the engine is asked. */
const REST_MS = 250;

interface FinishedMask {
  /** Null until it is known, and where the window knows it by itself. */
  readonly picture: MaskPicture | null;
  readonly isAsking: boolean;
  readonly problem: string | null;
}

export function useFinishedMask({ shot, clip, clipFrame }: Picture, isWanted: boolean): FinishedMask {
  const mask = shot?.settings.guide.mask ?? null;
  const stands = useView((view) => view.shuttle === 0);
  const dragging = useMasking((state) => state.dragging);
  const { engine } = useEngineState();
  const bundle = useDocument((document) => document.bundle);
  const size = shot?.settings.sampling.size;
  const flow = shot?.settings.model.flow;
  const isDue = isWanted && mask !== null && needsEngine(mask) && stands && !dragging && engine === 'up';
  // biome-ignore lint/correctness/useExhaustiveDependencies: other changes of the shot do not change its mask
  useEffect(() => {
    if (!isDue || !shot || !clip) return;
    const asking = new AbortController();
    const timer = setTimeout(() => void finishMask(shot, clip, clipFrame, asking.signal), REST_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [isDue, mask, clip, clipFrame, bundle, size, flow]);
  const picture = useFinished(mask, ({ pictures }) => pictures.get(clipFrame) ?? null);
  const isAsking = useFinished(mask, ({ asking }) => asking === clipFrame);
  const problem = useFinished(mask, (state) => state.problem);
  return { picture, isAsking, problem };
}
