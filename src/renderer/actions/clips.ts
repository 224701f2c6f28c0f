/** The clip bin: put a clip on the timeline, rename it, find its shots and its file, take it out of the project. */
import type { ClipRef } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { insertClip, insertClipAt, removeClip, renameClip } from '../../common/project/edits-clips.ts';
import { shell } from '../engine.ts';
import { getPlaced } from '../store/current.ts';
import { refreshLibrary, settingsFor } from '../store/library.ts';
import { change, getDocument, newId } from '../store/project.ts';
import { getView, seek, select, setView } from '../store/view.ts';
import type { Command } from './command.ts';
import { findMissing } from './relink.ts';

function inHand(doing: string): ClipRef {
  const { clips } = getDocument();
  const { clip } = getView();
  return clips[clip ?? ''] ?? refuse(doing, 'no clip is chosen', 'Choose one in the panel Clips.');
}

type Place = { readonly frame: number } | { readonly index: number };

/** At a frame of the timeline, which is split there, or before an item of it. The new shot is in hand then. */
export async function putOnTimeline(clip: ClipRef, place: Place): Promise<void> {
  const settings = settingsFor(await refreshLibrary(), getDocument().bundle);
  let id = '';
  change({
    name: `Add ${clip.name}`,
    edit(draft) {
      id =
        'frame' in place
          ? insertClipAt(draft, clip.id, place.frame, newId, settings)
          : insertClip(draft, clip.id, place.index, newId, settings);
    },
  });
  const placed = getPlaced().find(({ item }) => item.id === id);
  select([id]);
  if (placed) seek(placed.from);
}

export function giveClipName(clip: ClipRef, name: string): void {
  change({ name: `Rename ${clip.name}`, edit: (draft) => renameClip(draft, clip.id, name) });
}

/** All shots of it are chosen; the first is in sight. Again, and the next one is. */
export function showUses({ id, name }: ClipRef): void {
  const uses = getPlaced().filter(({ item }) => item.kind === 'shot' && item.clipId === id);
  if (uses.length === 0) refuse('finding its shots', `no shot shows ${name}`);
  const { playhead } = getView();
  const next = uses.find(({ from }) => from > playhead) ?? uses[0]!;
  select(uses.map(({ item }) => item.id));
  seek(next.from);
}

export function takeOut(clip: ClipRef): void {
  change({ name: `Remove ${clip.name}`, edit: (draft) => removeClip(draft, clip.id) });
}

async function relink({ id, path }: ClipRef): Promise<void> {
  await findMissing({ clipId: id, path, foundAt: null, network: null });
}

async function revealClip({ path }: ClipRef): Promise<void> {
  await shell().revealFile(path);
}

export const clipCommands: readonly Command[] = [
  {
    id: 'clip.insert',
    name: 'Put the clip in at the playhead',
    group: 'Clips',
    keys: ['F9'],
    run: () => putOnTimeline(inHand('adding a clip'), { frame: getView().playhead }),
  },
  {
    id: 'clip.append',
    name: 'Put the clip at the end',
    group: 'Clips',
    keys: ['Shift+F12'],
    run: () => putOnTimeline(inHand('adding a clip'), { index: getDocument().timeline.length }),
  },
  {
    id: 'clip.uses',
    name: 'Choose the shots of the clip',
    group: 'Clips',
    keys: [],
    run: () => showUses(inHand('finding its shots')),
  },
  {
    id: 'clip.reveal',
    name: 'Show the file of the clip',
    group: 'Clips',
    keys: [],
    run: () => revealClip(inHand('showing the file')),
  },
  {
    id: 'clip.relink',
    name: 'Find the clip in a folder…',
    group: 'Clips',
    keys: [],
    run: () => relink(inHand('finding the clip')),
  },
  {
    id: 'clip.remove',
    name: 'Take the clip out of the project',
    group: 'Clips',
    keys: [],
    run: () => takeOut(inHand('removing the clip')),
  },
  {
    id: 'view.clipOfShot',
    name: 'Show the clip of the shot',
    group: 'Clips',
    keys: ['Shift+g'],
    run() {
      const under = getPlaced().find(({ item }) => item.id === getView().selection.at(-1))?.item;
      if (under?.kind !== 'shot') return refuse('finding the clip', 'no shot is chosen');
      setView({ left: 'clips', clip: under.clipId });
    },
  },
];
