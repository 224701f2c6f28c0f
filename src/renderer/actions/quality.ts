/** How good a take is, and what shows it: measured on demand, a contact sheet, an A/B movie. */
import type { CompareRequest, ReviewWork, WrittenFile } from '../../common/contract/takes.ts';
import type { Take } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { shotOf } from '../../common/project/positions.ts';
import { call, shell } from '../engine.ts';
import { getCurrentShot } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import { askAbout, qualityStore, setImageText, setScores, setWork } from '../store/quality.ts';
import { setView } from '../store/view.ts';
import type { Command } from './command.ts';

/** Opens the sheet that says it. */
export function showQuality(take: Take): void {
  askAbout(take.id);
  setView({ dialog: 'quality' });
}

/** Brings in what is kept of it. @throws AppError where it is no take */
export async function lookUpScores(take: Take): Promise<void> {
  const found = await call('take.scored', scoresOf(take));
  if (!qualityStore.getState().works[take.path]) setScores(take.path, found);
}

export async function measureTake(take: Take): Promise<void> {
  await work(take, 'score', async (signal) => {
    setScores(take.path, await call('take.score', scoresOf(take), signal));
  });
}

export function giveUp(take: Take): void {
  qualityStore.getState().works[take.path]?.abort.abort();
}

/** Measures from now on by an image-text model too; null leaves it out. */
export async function chooseImageText(): Promise<void> {
  const folder = await shell().openFolderDialog('Image-text model (CLIP, exported to ONNX)');
  if (folder) setImageText(folder);
}

export async function writeSheet(take: Take): Promise<void> {
  const out = await shell().saveFileDialog({
    title: 'Contact sheet',
    name: nameFor(take, 'sheet'),
    ending: 'png',
  });
  if (!out) return;
  await work(take, 'sheet', async (signal) => {
    said(await call('take.sheet', { ...aboutOf(take), out, columns: 6, difference: false }, signal));
  });
}

export async function writeComparison(take: Take, layout: CompareRequest['layout']): Promise<void> {
  const out = await shell().saveFileDialog({
    title: 'A/B movie',
    name: nameFor(take, 'compared'),
    ending: 'mp4',
  });
  if (!out) return;
  await work(take, 'compare', async (signal) => {
    said(await call('take.compare', { ...aboutOf(take), out, layout }, signal));
  });
}

/** One at a time of a take. */
async function work(
  take: Take,
  what: ReviewWork,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (qualityStore.getState().works[take.path]) refuse('asking about a take', 'something of it is under way');
  const abort = new AbortController();
  setWork(take.path, { what, fraction: 0, abort });
  try {
    await task(abort.signal);
  } finally {
    setWork(take.path, null);
  }
}

function aboutOf(take: Take): { take: string; clip: string | null } {
  const { clips } = getDocument();
  const shot = shotOf(getDocument(), take.shotId);
  return { take: take.path, clip: (shot && clips[shot.clipId]?.path) ?? null };
}

function scoresOf(take: Take) {
  const { imageText } = qualityStore.getState();
  return { ...aboutOf(take), imageText, features: null, references: [] };
}

function nameFor(take: Take, what: string): string {
  const shot = shotOf(getDocument(), take.shotId);
  return [shot?.name, take.name, what].filter((part) => part !== undefined).join(' ');
}

function said({ path, notes }: WrittenFile): void {
  tell([`Written: ${path}`, ...notes].join('. '));
}

export const qualityCommands: readonly Command[] = [
  {
    id: 'take.quality',
    name: 'How good is the take',
    group: 'Takes',
    keys: ['Shift+q'],
    run() {
      const doing = 'asking about a take';
      const { item } = getCurrentShot() ?? refuse(doing, 'no shot is chosen');
      const take = item.takeId === null ? undefined : getDocument().takes[item.takeId];
      showQuality(take ?? refuse(doing, `${item.name} shows its clip: show a take first`));
    },
  },
];
