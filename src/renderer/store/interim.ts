/**
 * What stands for a take until it can be played: the last picture of its render, and frames of its own file, which the engine
 * reads one by one.
 */
import { useEffect } from 'react';
import { create } from 'zustand';
import type { PictureOfFrame } from '../../common/contract/clips.ts';
import type { Take } from '../../common/project/document.ts';
import { call } from '../engine.ts';
import { jobsStore, type PreviewFrame } from './jobs.ts';
import { useClipPreview } from './previews.ts';

interface Interim {
  /** Of the render that ended last; one is enough, for one frame of one shot is looked at. */
  readonly ended: PreviewFrame | null;
  /** Read last, of which file and frame. */
  readonly own: { readonly path: string; readonly frame: number; readonly picture: PictureOfFrame } | null;
}

const interimStore = create<Interim>(() => ({ ended: null, own: null }));

jobsStore.subscribe(({ entries, frames }, before) => {
  if (frames === before.frames) return;
  for (const [shotId, picture] of Object.entries(before.frames)) {
    if (frames[shotId]?.jobId === picture.jobId) continue;
    const entry = entries.find((one) => one.id === picture.jobId);
    if (entry?.state === 'done' && !entry.preview) interimStore.setState({ ended: picture });
  }
});

/**
 * @param clipFrame what of the take is to be seen
 * @param isSeen its own picture is on the screen, and nothing stands for it any more
 */
export function useInterim(take: Take | null, clipFrame: number, isSeen: boolean): PictureOfFrame | null {
  const path = take?.path ?? null;
  const state = useClipPreview(path)?.state ?? null;
  const frame = take ? clipFrame - take.start : 0;
  const { ended, own } = interimStore();
  const waits = path !== null && state === 'making';
  useEffect(() => {
    if (!waits || path === null) return;
    const reading = new AbortController();
    call('clip.frame', { path, frame }, reading.signal).then(
      (picture) => {
        if (!reading.signal.aborted) interimStore.setState({ own: { path, frame, picture } });
      },
      // Why it cannot be read is said by the preview that is being made of it.
      () => {},
    );
    return () => reading.abort();
  }, [waits, path, frame]);
  const isDone = state === 'ready' && isSeen;
  const isKept = take !== null && (ended?.jobId === take.id || own?.path === path);
  useEffect(() => {
    if (isDone && isKept) interimStore.setState({ ended: null, own: null });
  }, [isDone, isKept]);
  if (!take || isDone || state === 'failed') return null;
  if (own?.path === path && (own.frame === frame || waits)) return own.picture;
  // Until its own frame is read another one of it stands, not the clip.
  return ended?.jobId === take.id && (ended.frame === clipFrame || state !== 'ready') ? ended : null;
}
