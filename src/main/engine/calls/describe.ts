/** A frame of a clip in words. */
import { basename } from 'node:path';
import type { Description } from '../../../common/contract/clips.ts';
import { AppError } from '../../../common/errors.ts';
import { decodeFrame } from '../media/decode.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { openCaptioner } from '../models/captioner.ts';

const DOING = 'describing a frame';

/**
 * @param of.captioner its folder
 * @throws AppError usage for a frame that is not there, clip-unreadable, bundle-invalid, model-failed; Cancelled
 */
export async function describeFrame(
  { path, frame, captioner }: { readonly path: string; readonly frame: number; readonly captioner: string },
  { probe, signal, onFraction }: Parts,
): Promise<Description> {
  const clip = await probe(path, signal);
  if (frame >= clip.frames) {
    throw new AppError('usage', `frame ${frame} is not in the clip, which has 0 to ${clip.frames - 1}`, {
      doing: DOING,
    });
  }
  // On the processor: it says the same on every machine, and a frame takes a second or two.
  const model = await openCaptioner(captioner, { provider: 'cpu', signal });
  try {
    const { width, height } = clip;
    const rgb = await decodeFrame(clip, frame, { width, height, signal });
    const { text, cut } = await model.describe(rgb, { width, height }, onFraction);
    if (text !== '') return { text, cut, captioner: model.name };
    throw new AppError('model-failed', `${model.name} has no words for frame ${frame} of ${basename(path)}`, {
      doing: DOING,
      hint: 'Try another frame or another captioner, or describe it yourself.',
    });
  } finally {
    await model.close();
  }
}

interface Parts {
  readonly probe: Probe;
  readonly signal: AbortSignal;
  /** Told how far it is, 0..1. */
  readonly onFraction: (fraction: number) => void;
}
