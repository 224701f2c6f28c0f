/** The frame in sight as a file, to be painted over in another program. */
import { refuse } from '../../common/project/edits.ts';
import { clipFrameOf, isShot, itemAt } from '../../common/project/positions.ts';
import { call, shell } from '../engine.ts';
import { getPlaced } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import { getView } from '../store/view.ts';
import type { Command } from './command.ts';
import { type FrameOfFile, shownFrame } from './shown-frame.ts';

/** Asks for a folder; what is there stays. */
async function saveFrame(name: string, { path, at }: FrameOfFile): Promise<void> {
  const folder = await shell().openFolderDialog('Folder to save the frame into');
  if (folder === null) return;
  const saved = await call('clip.saveFrame', { path, frame: at, folder, name });
  tell(`Saved ${saved.path.replace(/^.*[\\/]/, '')}`);
  await shell().revealFile(saved.path);
}

async function save(): Promise<void> {
  const doing = 'saving a frame';
  const { playhead } = getView();
  const placed = itemAt(getPlaced(), playhead);
  if (!isShot(placed)) return refuse(doing, 'there is no shot under the playhead');
  const frame = clipFrameOf(placed, playhead);
  const { item } = placed;
  await saveFrame(`${item.name} frame ${frame}`, shownFrame(getDocument(), item, frame));
}

export const frameCommands: readonly Command[] = [
  { id: 'frame.save', name: 'Save this frame…', group: 'Anchors', keys: ['$mod+Shift+f'], run: save },
];
