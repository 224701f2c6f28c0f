/** Import clips: every clip is cut into shots and put at the end of the timeline. */
import { Cancelled, errorLine } from '../../common/errors.ts';
import { addClip, refuse } from '../../common/project/edits.ts';
import { recutClip } from '../../common/project/edits-recut.ts';
import { isShot, timelineRate } from '../../common/project/positions.ts';
import { gatherRuns } from '../../common/sequence.ts';
import { formatRational } from '../../common/time/rational.ts';
import { call, shell } from '../engine.ts';
import { getCurrentShot, getPlaced, lengthOfPlaced } from '../store/current.ts';
import { refreshLibrary, settingsFor } from '../store/library.ts';
import { tell } from '../store/notices.ts';
import { getPresets } from '../store/presets.ts';
import { requestPreview } from '../store/previews.ts';
import { change, getDocument, getOpened, newId } from '../store/project.ts';
import { rateNote } from '../store/rates.ts';
import { getView, select, setView } from '../store/view.ts';
import { fitAll } from '../store/zoom.ts';
import { listed } from '../words.ts';
import { askRate } from './clip-rate.ts';
import type { Command } from './command.ts';

/** Middle of the range: finds hard cuts, leaves fast motion alone. */
export const DEFAULT_SENSITIVITY = 0.5;

/** @returns the id of the clip */
export async function importClip(path: string): Promise<string> {
  if (!getOpened()) refuse('importing', 'no project is open', 'Make or open one first.');
  const { ref, info, isRateGuessed } = await call('clip.import', { path, ...usualRate() });
  for (const warning of info.warnings) tell(`${ref.name}: ${warning}`);
  const { cuts } = await call('clip.cuts', { path: ref.path, sensitivity: DEFAULT_SENSITIVITY });
  const settings = settingsFor(await refreshLibrary(), getDocument().bundle);
  const first = getPlaced().length === 0;
  change({
    name: `Import ${ref.name}`,
    edit: (draft) => addClip(draft, ref, cuts, newId, draft.timeline.length, settings),
  });
  requestPreview(ref.path);
  const mixed = rateNote(getDocument(), ref.id);
  if (mixed) tell(`${ref.name} has ${mixed} and plays at its own speed`);
  const added = getPlaced().find((one) => isShot(one) && one.item.clipId === ref.id);
  if (added) select([added.item.id]);
  if (first) setView(fitAll(getView(), lengthOfPlaced(getPlaced())));
  // The timeline counts by it, and what comes after runs at the timeline's.
  if (isRateGuessed) await askRate(ref.id);
  return ref.id;
}

/** Pictures that do not say their rate run at that of the timeline, where there is one. */
function usualRate(): { usualRate?: string } {
  const document = getDocument();
  const begun = Object.keys(document.clips).length > 0;
  return begun ? { usualRate: formatRational(timelineRate(document)) } : {};
}

/**
 * Imports what can be imported, one after the other; one notice names what could not. Numbered pictures chosen together are one clip.
 */
export async function importClips(chosen: readonly string[]): Promise<void> {
  const paths = gatherRuns(chosen);
  const failed: { readonly name: string; readonly error: unknown }[] = [];
  const project = getOpened()?.path;
  const added = new Set<string>();
  for (const path of paths) {
    // Clips that were meant for one project never land in the next.
    if (getOpened()?.path !== project) break;
    try {
      added.add(await importClip(path));
    } catch (error) {
      if (paths.length === 1 || error instanceof Cancelled) throw error;
      failed.push({ name: path.replace(/^.*[\\/]/, ''), error });
    }
  }
  if (added.size > 1) offerPreset(added);
  const [first] = failed;
  if (!first) return;
  const names = failed.map(({ name }) => name);
  const why = failed.length === 1 ? `: ${errorLine(first.error)}` : `: ${listed(names, 5)}.`;
  tell(
    `${failed.length === 1 ? first.name : `${failed.length} of ${paths.length} files`} could not be imported${why}`,
    'problem',
  );
}

/** All shots of clips that came together are in hand, so that one prompt or preset does for them. */
function offerPreset(clips: ReadonlySet<string>): void {
  const shots = getPlaced().filter((one) => isShot(one) && clips.has(one.item.clipId));
  select(shots.map(({ item }) => item.id));
  if (getPresets().length > 0) setView({ dialog: 'preset' });
}

/** Finds the shots of a clip again; 0 finds few cuts, 1 many. */
export async function findShots(clipId: string, sensitivity: number): Promise<void> {
  const doing = 'finding shots';
  const clip = getDocument().clips[clipId] ?? refuse(doing, 'this clip is not in the project');
  const { cuts } = await call('clip.cuts', { path: clip.path, sensitivity });
  change({ name: `Find shots of ${clip.name}`, edit: (draft) => recutClip(draft, clipId, cuts, newId) });
}

async function askAndImport(): Promise<void> {
  if (!getOpened()) refuse('importing', 'no project is open', 'Make or open one first.');
  const paths = await shell().openClipDialog();
  if (paths) await importClips(paths);
}

export const importCommands: readonly Command[] = [
  { id: 'file.import', name: 'Import clips…', group: 'Project', keys: ['$mod+i'], run: askAndImport },
  {
    id: 'clip.findShots',
    name: 'Find shots of this clip…',
    group: 'Project',
    keys: [],
    run() {
      if (!getCurrentShot()) refuse('finding shots', 'no shot is chosen');
      setView({ dialog: 'shots' });
    },
  },
];
