/** A shot of the timeline as a request to render. */
import type { ClipRef, Shot } from '../../../common/project/document.ts';
import { mergeGroups } from '../../../common/settings/catalogue.ts';
import { type EditSettings, parseSettings } from '../../../common/settings/settings.ts';
import { followsSeveral } from '../recipe/request.ts';

export interface ShotRequest {
  readonly shot: Shot;
  readonly clip: ClipRef;
  /** Path of the model. */
  readonly bundle: string;
  readonly provider: EditSettings['model']['provider'];
  readonly out: string;
}

/** @throws AppError usage for what is not ready, an empty prompt for instance */
export function requestOf({ shot, clip, bundle, provider, out }: ShotRequest): EditSettings {
  const anchor = shot.leadAnchor;
  const further = followsSeveral(shot.settings) ? shot.anchors.filter((frame) => frame !== anchor) : [];
  return parseSettings(
    mergeGroups(shot.settings, {
      source: { clip: clip.path, range: { start: shot.start, end: shot.end } },
      model: { bundle, provider },
      guide: { anchor, anchors: further },
      output: { path: out },
    }),
  );
}
