/** A shot of the timeline as a request to render. */
import { AppError } from '../../../common/errors.ts';
import type { FrameRange } from '../../../common/media.ts';
import type { ClipRef, Shot } from '../../../common/project/document.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { mergeGroups } from '../../../common/settings/catalogue.ts';
import { type EditSettings, parseSettings } from '../../../common/settings/settings.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { followsSeveral } from '../recipe/request.ts';

export interface ShotRequest {
  readonly shot: Shot;
  readonly clip: ClipRef;
  /** Path of the model. */
  readonly bundle: string;
  readonly provider: EditSettings['model']['provider'];
  readonly out: string;
  /** Frames of the clip, half-open; the whole shot unless said. */
  readonly part?: FrameRange | undefined;
  /** The one frame that is looked at; that of the lead anchor unless said. */
  readonly look?: number | undefined;
}

/** @throws AppError usage for what is not ready, an empty prompt for instance, or for frames that are not in the shot */
export function requestOf({ shot, clip, bundle, provider, out, part, look }: ShotRequest): EditSettings {
  const range = part ?? { start: shot.start, end: shot.end };
  checkWithin(shot, range, look);
  const anchor = look ?? leadWithin(shot, range);
  // A frame by itself leads itself.
  const several = followsSeveral(shot.settings) && (look === undefined || look === shot.leadAnchor);
  const isIn = (frame: number) => frame >= range.start && frame < range.end;
  const further = several ? shot.anchors.filter((frame) => frame !== anchor && isIn(frame)) : [];
  const { pictures } = shot.settings.guide;
  return parseSettings(
    mergeGroups(shot.settings, {
      // Pictures run as the project has them.
      source: { clip: clip.path, range, ...(runOfPattern(clip.path) && { rate: formatRational(clip.rate) }) },
      model: { bundle, provider },
      guide: {
        anchor,
        anchors: further,
        pictures: part ? pictures.filter(({ frame }) => isIn(frame)) : pictures,
      },
      output: { path: out },
    }),
  );
}

/** The lead anchor; of a part without it another anchor of the shot, else the frame nearest to it. */
export function leadWithin({ anchors, leadAnchor }: Shot, { start, end }: FrameRange): number {
  const isIn = (frame: number) => frame >= start && frame < end;
  if (isIn(leadAnchor)) return leadAnchor;
  const near = (frame: number) => Math.abs(frame - leadAnchor);
  const [other] = anchors.filter(isIn).sort((a, b) => near(a) - near(b));
  return other ?? Math.max(start, Math.min(end - 1, leadAnchor));
}

function checkWithin(shot: Shot, { start, end }: FrameRange, look = start): void {
  if (start >= shot.start && end <= shot.end && start < end && look >= start && look < end) return;
  throw new AppError('usage', 'these frames are not in the shot', {
    doing: 'checking the settings',
    hint: `It has frames ${shot.start} to ${shot.end - 1}.`,
  });
}
