/** Pictures of the artist's own that stand for frames of a shot. Their list is a setting, so every change is undone as one. */
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { change, getDocument } from '../store/project.ts';
import { chooseFootage } from './choose-footage.ts';
import { getMasked } from './masked.ts';
import { takeFrame } from './shown-frame.ts';

type Picture = Shot['settings']['guide']['pictures'][number];

/** The frame in sight of this shot, else that of its lead anchor. */
function frameInHand(shot: Shot): number {
  const sight = getMasked();
  return sight?.shot.id === shot.id ? sight.frame : shot.leadAnchor;
}

function put(shot: Shot, picture: Picture): void {
  const { id } = shot;
  const others = shot.settings.guide.pictures.filter(({ frame }) => frame !== picture.frame);
  const pictures = [...others, picture].sort((a, b) => a.frame - b.frame);
  change({
    name: `Picture for frame ${picture.frame}`,
    edit: (draft) => setSettings(draft, [id], { guide: { pictures } }),
  });
}

/** Asks for the file. */
export async function givePicture(shot: Shot): Promise<void> {
  const frame = frameInHand(shot);
  const chosen = await chooseFootage('using a picture');
  if (chosen) put(shot, { frame, ...chosen, at: 0 });
}

/** What is seen becomes what the others follow. */
export function giveTakeFrame(shot: Shot): void {
  const frame = frameInHand(shot);
  const found =
    takeFrame(getDocument(), shot, frame) ??
    refuse(
      "using the take's frame",
      `no take that has frame ${frame} is shown`,
      'Show one of the takes first.',
    );
  put(shot, { frame, ...found });
}

export function removePicture(shot: Shot, frame: number): void {
  const { id } = shot;
  const pictures = shot.settings.guide.pictures.filter((one) => one.frame !== frame);
  change({
    name: `Frame ${frame} without its picture`,
    edit: (draft) => setSettings(draft, [id], { guide: { pictures } }),
  });
}
