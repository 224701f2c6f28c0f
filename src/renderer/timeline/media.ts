/** Thumbnails and sound of clips and takes as the canvas needs them, loaded from the engine's previews once. */
import type { ClipPreview } from '../../common/contract/clips.ts';
import { previewUrl } from '../engine.ts';
import { previewStore, readyPreview, requestPreview } from '../store/previews.ts';
import { Peaks } from './peaks.ts';

export type { Peaks } from './peaks.ts';

export interface Thumbnails {
  readonly image: CanvasImageSource;
  readonly layout: ClipPreview['thumbnails'];
}

const sheets = new Map<string, Thumbnails | 'loading'>();
const sounds = new Map<string, Peaks | 'loading'>();
const listeners = new Set<() => void>();

/** Told whenever something to draw has arrived. */
export function onMedia(listener: () => void): () => void {
  listeners.add(listener);
  const stop = previewStore.subscribe(listener);
  return () => {
    listeners.delete(listener);
    stop();
  };
}

function arrived(): void {
  for (const listener of listeners) listener();
}

/** Asking is cheap: the first time starts the work, later times answer what is there. */
export function thumbnailsOf(path: string): Thumbnails | null {
  const preview = readyPreview(path);
  if (!preview) {
    requestPreview(path);
    return null;
  }
  const { sheet } = preview.thumbnails;
  const known = sheets.get(sheet);
  if (known) return known === 'loading' ? null : known;
  sheets.set(sheet, 'loading');
  const image = new Image();
  image.src = previewUrl(sheet);
  // A sheet that cannot be read leaves the shot in its plain colour; the viewer tells why the clip does not show.
  image.decode().then(
    () => {
      sheets.set(sheet, { image, layout: preview.thumbnails });
      arrived();
    },
    () => {},
  );
  return null;
}

export function peaksOf(path: string): Peaks | null {
  const waveform = readyPreview(path)?.waveform;
  if (!waveform) return null;
  const known = sounds.get(waveform.file);
  if (known) return known === 'loading' ? null : known;
  sounds.set(waveform.file, 'loading');
  void load(waveform.file, waveform.bucketsPerSecond);
  return null;
}

async function load(file: string, bucketsPerSecond: number): Promise<void> {
  try {
    const answer = await fetch(previewUrl(file));
    if (!answer.ok) return;
    sounds.set(file, new Peaks(new Int8Array(await answer.arrayBuffer()), bucketsPerSecond));
    arrived();
  } catch {
    // The shot is drawn without its sound; the viewer plays what there is.
  }
}
