/** Proxy, thumbnails and waveform of clips and takes, by path; asked of the engine once and kept while the page lives. */
import { useEffect } from 'react';
import { create } from 'zustand';
import type { ClipPreview } from '../../common/contract/clips.ts';
import { errorLine } from '../../common/errors.ts';
import { call } from '../engine.ts';

export type PreviewState =
  | { readonly state: 'making' }
  | { readonly state: 'ready'; readonly preview: ClipPreview }
  | { readonly state: 'failed'; readonly why: string };

export const previewStore = create<Readonly<Record<string, PreviewState>>>(() => ({}));

/** Asks for a preview unless it is there or on its way. */
export function requestPreview(path: string): void {
  if (previewStore.getState()[path]) return;
  const set = (state: PreviewState) => previewStore.setState({ [path]: state });
  set({ state: 'making' });
  call('clip.preview', { path }).then(
    (preview) => set({ state: 'ready', preview }),
    (error: unknown) => set({ state: 'failed', why: errorLine(error) }),
  );
}

/** It was made and yet cannot be played: damaged since, or removed. */
export function failedPreview(path: string, why: string): void {
  previewStore.setState({ [path]: { state: 'failed', why } });
}

/** Drops what is known of a path, for a clip that was found again. */
export function forgetPreview(path: string): void {
  const { [path]: _, ...others } = previewStore.getState();
  previewStore.setState(others, true);
}

export function readyPreview(path: string | undefined): ClipPreview | null {
  const known = path === undefined ? undefined : previewStore.getState()[path];
  return known?.state === 'ready' ? known.preview : null;
}

export function isBeingMade(path: string | null): boolean {
  return path !== null && previewStore.getState()[path]?.state === 'making';
}

export function useClipPreview(path: string | null): PreviewState | null {
  useEffect(() => {
    if (path !== null) requestPreview(path);
  }, [path]);
  return previewStore((all) => (path === null ? null : (all[path] ?? null)));
}
