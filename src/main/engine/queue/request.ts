/** A shot of the timeline as a request to render. */
import { AppError } from '../../../common/errors.ts';
import type { ClipRef, Shot } from '../../../common/project/document.ts';
import { type EditSettings, parseSettings } from '../../../common/settings.ts';
import { resolveRequest } from '../stages/request.ts';

export interface ShotRequest {
  readonly shot: Shot;
  readonly clip: ClipRef;
  /** Folder of the bundle. */
  readonly bundle: string;
  readonly provider: EditSettings['provider'];
  readonly out: string;
  /** The leading anchor's frame alone. */
  readonly preview: boolean;
}

/** @throws AppError usage for what is not ready, an empty prompt for instance */
export function requestOf({ shot, clip, bundle, provider, out, preview }: ShotRequest): EditSettings {
  const anchor = shot.leadAnchor;
  return parseSettings({
    ...shot.settings,
    clip: clip.path,
    bundle,
    out,
    provider,
    anchor,
    range: preview ? { start: anchor, end: anchor + 1 } : { start: shot.start, end: shot.end },
  });
}

/** The same, for one of several: all that its settings alone can be refused for is refused now, and names the shot. */
export function checkedRequest(request: ShotRequest): EditSettings {
  try {
    const settings = requestOf(request);
    resolveRequest(settings);
    return settings;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    throw new AppError(code, message, { doing: request.shot.name, hint, cause: error });
  }
}
