/** Whether a format holds a take: what speaks against it is refused in words that say what to choose instead. */
import { AppError } from '../../../common/errors.ts';
import type { FormatSpec } from '../../../common/formats/format.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { toNumber } from '../../../common/time/rational.ts';
import { takesFloats } from './encode-picture.ts';
import { type Ffmpeg, requireEncoder, requireFilter } from './ffmpeg.ts';
import { LINEAR_FILTER } from './linear.ts';

const DOING = 'preparing the take';

/** As far as it can be told without writing. @throws AppError usage, encoder-missing */
export function requireHeld({ audio, width, height }: ClipInfo, spec: FormatSpec, ffmpeg: Ffmpeg): void {
  requireEncoder(ffmpeg, spec.encoder);
  if (audio.length > 0) requireEncoder(ffmpeg, spec.sound.encoder);
  if (takesFloats(spec)) requireFilter(ffmpeg, LINEAR_FILTER, spec.label);
  const refuse = (holds: string) =>
    new AppError('usage', `${spec.label} holds ${holds}, the clip has ${width}×${height}`, {
      doing: DOING,
      hint: 'Choose ProRes or a PNG sequence.',
    });
  const [minWidth, minHeight] = spec.minimum;
  if (width < minWidth || height < minHeight) throw refuse(`no picture below ${minWidth}×${minHeight}`);
  const [stepX, stepY] = spec.steps ?? [1, 1];
  if (width % stepX !== 0 || height % stepY !== 0)
    throw refuse(`widths in steps of ${stepX} and heights in steps of ${stepY}`);
}

/** What ffmpeg said when it was tried, in such words. */
export function notHeld(error: AppError, spec: FormatSpec, { rate }: ClipInfo): AppError {
  if (/Unsupported frame rate/.test(error.message)) {
    const message = `${spec.label} has no place for ${Number(toNumber(rate).toFixed(3))} frames per second`;
    const hint = 'Choose a QuickTime format (.mov), which holds every rate.';
    return new AppError('usage', message, { doing: DOING, hint, cause: error });
  }
  const layout = /Unsupported channel layout "([^"]+)"/.exec(error.message)?.[1];
  const message = layout
    ? `${spec.label} takes have AAC sound, which cannot hold ${layout}`
    : `${spec.label} cannot hold this take: ${error.message}`;
  const hint = layout
    ? 'Choose ProRes, DNxHR or a PNG sequence: they keep every channel.'
    : 'Choose another format.';
  return new AppError('usage', message, { doing: DOING, hint, cause: error });
}
