/**
 * One frame of a shot as it was seen, kept: looked at again with the same settings it costs no call of a network. Its key is made
 * of all that was asked of the whole shot, so a take leaves its lead anchor's frame for looks that come after it.
 */
import { withFiles } from '../../../common/settings/files.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { keyOf } from '../artefacts/keys.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { namesOf } from '../make/shot.ts';
import type { Glimpse } from './context.ts';
import { codeOf } from './plugin-code.ts';
import type { Shot } from './prepare.ts';
import type { Films } from './sources.ts';

/** Raise it when the same settings give other pictures: older ones are then rendered anew. */
const VERSION = 1;

/** What is shown has 8 bits, so no more is kept. */
export interface Look {
  /** RGB8 of the canvas. */
  readonly picture: Uint8Array;
  /** (h, w) of the latent, 0..255: where the last step let the edit in; null where nothing is kept. */
  readonly edit: Uint8Array | null;
}

export interface LookOf {
  readonly shot: Shot;
  /** As they were asked, for the whole shot; `shot` may be one frame of it. */
  readonly settings: EditSettings;
  readonly films: Films;
  /** Steps that the network learnt, for learning may be ended early; null where it learns nothing. */
  readonly learnt: number | null;
}

/** Of the lead anchor's frame. @returns null where the files it is made of could not be told apart */
export function lookKey({ shot, settings, films, learnt }: LookOf): string | null {
  let all = true;
  const {
    output: _,
    origins: __,
    ...asked
  } = withFiles(settings, (path, use) => {
    if (use !== 'footage') return path;
    const film = films[path];
    if (!film) all = false;
    return `${film?.bytes} ${film?.digest}`;
  });
  if (!all) return null;
  const { plugin } = shot.method;
  const { bundle, provider, params, solver, scheduleId, clip, fit, estimators, segmenters, steering } = shot;
  const { start, end } = settings.source.range ?? { start: 0, end: null };
  const digestOf = ([name, { digest }]: [unknown, { readonly digest: string }]) => [name, digest];
  return keyOf('look', VERSION, {
    ...asked,
    // As they were resolved, whoever chose them.
    source: { ...asked.source, range: { start, end: end ?? clip.frames } },
    model: { ...asked.model, provider },
    method: { ...asked.method, params },
    sampling: { ...asked.sampling, solver: solver.id, schedule: scheduleId },
    fit,
    digests: bundle.digests,
    loras: bundle.loras.map(({ digest }) => digest),
    embeddings: bundle.embeddings.map(({ digest }) => digest),
    controlNets: bundle.controlNets.map(({ digest }) => digest),
    estimators: Array.from(estimators, digestOf),
    segmenters: Array.from(segmenters, digestOf),
    ...(steering.digests.length > 0 && { steering: steering.digests }),
    ...(learnt !== null && { learnt }),
    ...(plugin && { plugin: codeOf(plugin) }),
  });
}

export function keptLook(store: ArtefactStore | null, key: string | null, { fit, shape }: Shot): Look | null {
  const bytes = key === null ? null : (store?.get(kinds.look, key)?.value ?? null);
  const [size, area] = [3 * fit.width * fit.height, shape.height * shape.width];
  if (bytes?.length === size) return { picture: bytes, edit: null };
  if (bytes?.length !== size + area) return null;
  return { picture: bytes.subarray(0, size), edit: bytes.subarray(size) };
}

export function keepLook(
  store: ArtefactStore | null,
  key: string | null,
  { shot, settings }: LookOf,
  { picture, edit }: Look,
): void {
  if (key === null) return;
  const { prompts, guide, sampling } = settings;
  const value = edit ? Buffer.concat([picture, edit]) : picture;
  const { width, height } = shot.fit;
  const names = namesOf(shot, `frame ${guide.anchor}`, {
    prompt: prompts.target,
    settings: `${shot.method.id}, ${sampling.steps} steps, ${width}×${height}`,
  });
  store?.put(kinds.look, key, value, { ...names, psnr: null });
}

/** @param picture RGB 0..1; edit 0..1 */
export function lookFrom(picture: Float32Array, edit: Float32Array | null): Look {
  const bytes = (values: Float32Array) => new Uint8Array(values.map((value) => Math.round(255 * value)));
  return { picture: bytes(picture), edit: edit && bytes(edit) };
}

/** Takes the lead anchor's frame of a take as it is made. */
export function lookAtTake(of: LookOf, store: ArtefactStore | null) {
  const { shot, settings } = of;
  let edit: Float32Array | null = null;
  let frames = 0;
  return {
    glimpse(glimpse: Pick<Glimpse, 'frame' | 'edit'>): void {
      if (glimpse.frame === settings.guide.anchor) edit = glimpse.edit;
    },
    /** Every frame in its order. @param picture RGB 0..1 of the canvas, as the take shows it */
    see(picture: Float32Array): void {
      // Resumed behind the frame's last call, nobody knows where the edit was let in.
      const isWhole = settings.guide.keep === 0 || edit !== null;
      if (frames++ === shot.anchor && isWhole) keepLook(store, lookKey(of), of, lookFrom(picture, edit));
    },
  };
}
