/** The frame rate of a picture sequence: set in a sheet, asked for once where nobody says it. */
import type { Rational } from '../../common/media.ts';
import type { ClipRef } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { setClipRate } from '../../common/project/edits-clips.ts';
import { runOfPattern } from '../../common/sequence.ts';
import { change, getDocument } from '../store/project.ts';
import { getView, setView, viewStore } from '../store/view.ts';
import type { Command } from './command.ts';

export function giveClipRate({ id, name }: ClipRef, rate: Rational): void {
  change({ name: `Frame rate of ${name}`, edit: (draft) => setClipRate(draft, id, rate) });
}

/** Opens the sheet, and waits until the artist has left it. */
export async function askRate(clipId: string): Promise<void> {
  setView({ clip: clipId, dialog: 'rate' });
  await new Promise<void>((resolve) => {
    const stop = viewStore.subscribe(({ dialog }) => {
      if (dialog === 'rate') return;
      stop();
      resolve();
    });
  });
}

export const clipRateCommands: readonly Command[] = [
  {
    id: 'clip.rate',
    name: 'Frame rate of the clip…',
    group: 'Clips',
    keys: [],
    run() {
      const doing = 'setting the frame rate';
      const clip = getDocument().clips[getView().clip ?? ''];
      if (!clip) return refuse(doing, 'no clip is chosen', 'Choose one in the panel Clips.');
      if (!runOfPattern(clip.path)) refuse(doing, `${clip.name} is a movie and has a frame rate of its own`);
      setView({ dialog: 'rate' });
    },
  },
];
