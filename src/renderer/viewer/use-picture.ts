/** What lies under the playhead: shot, clip frame, size of the picture, and why nothing shows if so. */
import { useMemo } from 'react';
import type { ClipRef, Shot, Take } from '../../common/project/document.ts';
import { clipFrameOf, isShot, itemAt } from '../../common/project/positions.ts';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { usePlaced } from '../store/current.ts';
import { useJobs } from '../store/jobs.ts';
import { useClipPreview } from '../store/previews.ts';
import { type Missing, useDocument, useOpened } from '../store/project.ts';
import { useView } from '../store/view.ts';
import { type Choice, useViewer } from '../store/viewer.ts';
import type { Size } from './camera.ts';
import { takeFor } from './segments.ts';

export interface Picture {
  readonly shot: Shot | null;
  readonly clip: ClipRef | null;
  readonly take: Take | null;
  readonly clipFrame: number;
  readonly size: Size;
}

const NO_SIZE: Size = { width: 1280, height: 720 };

/** The choice of the first layer, as the player takes it. */
function useFirstChoice(): Choice {
  return useViewer(({ comparison, a, peek }) => (comparison !== 'off' ? a : peek ? 'clip' : 'timeline'));
}

export function usePicture(): Picture {
  const placed = usePlaced();
  const playhead = useView((view) => view.playhead);
  const choice = useFirstChoice();
  const under = itemAt(placed, playhead);
  const shot = isShot(under) ? under.item : null;
  const clip = useDocument((document) => (shot && document.clips[shot.clipId]) ?? null);
  const clipFrame = isShot(under) ? clipFrameOf(under, playhead) : 0;
  const found = useDocument((document) => shot && takeFor(document, shot, choice));
  const take = found && clipFrame >= found.start && clipFrame < found.end ? found : null;
  return useMemo(
    () => ({ shot, clip, take, clipFrame, size: clip ?? NO_SIZE }),
    [shot, clip, take, clipFrame],
  );
}

export type Trouble =
  | { readonly kind: 'nothing'; readonly text: string }
  | { readonly kind: 'making'; readonly text: string; readonly fraction: number | null }
  | {
      readonly kind: 'missing';
      readonly clip: ClipRef;
      readonly missing: Missing;
    }
  | { readonly kind: 'failed'; readonly path: string; readonly text: string };

/** Why there is no picture; null when there is one. */
export function useTrouble({ shot, clip, take }: Picture): Trouble | null {
  const path = take?.path ?? clip?.path ?? null;
  const missing = useOpened()?.missing.find((one) => one.clipId === clip?.id);
  const lost = missing !== undefined && take === null;
  const preview = useClipPreview(lost ? null : path);
  const progress = useJobs((jobs) => (path === null ? undefined : jobs.imports[path]));
  const empty = usePlaced().length === 0;
  const keys = useKeyLabel('file.import');
  if (empty)
    return { kind: 'nothing', text: `Drop a clip here${keys ? `, or press ${keys} to import one` : ''}` };
  if (!shot || !clip || path === null) return { kind: 'nothing', text: 'Gap' };
  if (missing && take === null) {
    return { kind: 'missing', clip, missing };
  }
  if (preview?.state === 'failed') return { kind: 'failed', path, text: preview.why };
  if (preview?.state === 'ready') return null;
  return {
    kind: 'making',
    text: `Getting ${take ? take.name : clip.name} ready to play`,
    fraction: progress?.fraction ?? null,
  };
}
