/** What Keep kept of the frames that were seen to render, by shot: it stays until they render anew. */
import { create } from 'zustand';
import { jobsStore, type PreviewFrame } from './jobs.ts';

/** Row by row over the whole picture: 255 stays the clip, 0 is the edit. */
interface KeptPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Kept {
  readonly shots: Readonly<Record<string, Readonly<Record<number, KeptPicture>>>>;
}

const keptStore = create<Kept>(() => ({ shots: {} }));

export function useKept(shotId: string | null, frame: number): KeptPicture | null {
  return keptStore(({ shots }) => (shotId === null ? null : (shots[shotId]?.[frame] ?? null)));
}

function keptOf({ edit, width, height }: PreviewFrame): KeptPicture | null {
  return edit && { data: edit.map((share) => 255 - share), width, height };
}

jobsStore.subscribe(({ frames }, before) => {
  if (frames === before.frames) return;
  for (const [shotId, seen] of Object.entries(frames)) {
    const kept = seen === before.frames[shotId] ? null : keptOf(seen);
    if (kept)
      keptStore.setState(({ shots }) => ({
        shots: { ...shots, [shotId]: { ...shots[shotId], [seen.frame]: kept } },
      }));
  }
});
