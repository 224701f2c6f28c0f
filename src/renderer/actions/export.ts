/**
 * Takes, shots or the timeline as files for other programs: chosen, foreseen, written while the window stays in use. Long, since the sheet
 * and the run that it begins are one state, and each of their buttons is a few lines here.
 */
import type { Calls } from '../../common/contract/contract.ts';
import { pathFault } from '../../common/contract/values.ts';
import type { ExportChoice, What } from '../../common/delivery/choice.ts';
import { type ExportSubject, rangeBetween, requestOf } from '../../common/delivery/request.ts';
import { AppError, Cancelled, errorLine } from '../../common/errors.ts';
import { portableName } from '../../common/file-name.ts';
import type { TakeFormat } from '../../common/formats/registry.ts';
import type { Take } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { shotOf, timelineRate } from '../../common/project/positions.ts';
import { parseTimecode } from '../../common/time/timecode.ts';
import { call, platform, shell } from '../engine.ts';
import { flush } from '../store/autosave.ts';
import { getChosenShots, getCurrentShot } from '../store/current.ts';
import { keepLastExport, lastExport } from '../store/export-presets.ts';
import {
  type ExportField,
  type ExportRun,
  getExporting,
  patchExporting,
  patchRun,
  type Refusal,
} from '../store/exporting.ts';
import { tell, tellError } from '../store/notices.ts';
import { getDocument, getOpened, type Opened } from '../store/project.ts';
import { getTakesView, setTakesView } from '../store/takes.ts';
import { getView, setView } from '../store/view.ts';
import { sentence } from '../words.ts';
import type { Command } from './command.ts';

type Request = Calls['delivery.run']['input'];

/** While one types, nothing is asked. */
const QUIET_MS = 250;

/** What the artist has in hand for each kind of export. */
export function exportSubject(): ExportSubject {
  const document = getDocument();
  const { inFrame, outFrame } = getView();
  const { chosen } = getTakesView();
  const current = getCurrentShot();
  const own = chosen.filter((id) => document.takes[id]?.shotId === current?.item.id);
  const shown = current?.item.takeId ?? null;
  return {
    document,
    shots: getChosenShots().map(({ item }) => item.id),
    takes: own.length > 0 ? own : shown === null ? [] : [shown],
    range: rangeBetween(document, inFrame, outFrame),
  };
}

/** Opens the sheet: on the export that runs, was stopped or has just ended, else on what was last chosen. */
export function openExport(what?: What): void {
  const opened = getOpened() ?? refuse('exporting', 'no project is open');
  const { run } = getExporting();
  const stoppedElsewhere = run?.state === 'cancelled' && run.project !== opened.id;
  const shows = run !== null && !stoppedElsewhere && (what === undefined || run.state === 'running');
  if (!shows) begin(opened, what);
  setView({ dialog: 'export' });
  foreseeSoon();
}

function begin({ id, path }: Opened, what?: What): void {
  const { choice, folder } = lastExport(id);
  patchExporting({
    choice: what ? { ...choice, what } : choice,
    folder: folder ?? folderIn(folderOf(path)),
    ...{ startTimecode: null, foreseen: null, run: null, replacing: null },
  });
}

/** Opens the sheet on this take, and on those that are chosen with it. */
export function exportTake(take: Take): void {
  if (!getTakesView().chosen.includes(take.id)) setTakesView({ chosen: [take.id] });
  openExport('takes');
}

/** The sheet is closed. An export that runs goes on; one that has ended was seen. */
export function leaveExport(): void {
  setView({ dialog: null });
  patchExporting({ replacing: null });
  if (getExporting().run?.state !== 'running') patchExporting({ run: null, foreseen: null });
}

export function choose(patch: Partial<ExportChoice>): void {
  const { choice } = getExporting();
  if (choice) patchExporting({ choice: { ...choice, ...patch } });
  foreseeSoon();
}

export function setExportFolder(folder: string): void {
  patchExporting({ folder });
  foreseeSoon();
}

export function setExportStart(startTimecode: string | null): void {
  patchExporting({ startTimecode });
  foreseeSoon();
}

/** The folder that holds the exported one, which is named after the project. */
export async function chooseExportFolder(): Promise<void> {
  const folder = await shell().openFolderDialog('Export into a new folder in');
  if (folder) setExportFolder(folderIn(folder));
}

function folderIn(parent: string): string {
  const { name } = getDocument();
  const slash = parent.includes('\\') ? '\\' : '/';
  return `${parent.replace(/[\\/]+$/, '')}${slash}${portableName(`${name} export`, 'Export')}`;
}

const folderOf = (path: string) => path.replace(/[\\/][^\\/]*$/, '') || '/';

let waiting: ReturnType<typeof setTimeout> | undefined;
let asking = new AbortController();

/** Asks what it would take, when the artist has said something else. What was asked before is given up. */
export function foreseeSoon(): void {
  clearTimeout(waiting);
  asking.abort();
  if (getView().dialog !== 'export' || getExporting().run || getExporting().replacing) return;
  patchExporting({ foreseen: { state: 'looking' } });
  waiting = setTimeout(() => void foresee(), QUIET_MS);
}

async function foresee(): Promise<void> {
  asking = new AbortController();
  const { signal } = asking;
  const asked = prepared();
  if ('refusal' in asked) return patchExporting({ foreseen: { state: 'refused', refusal: asked.refusal } });
  try {
    const forecast = await call('delivery.foresee', asked.request, signal);
    if (!signal.aborted) patchExporting({ foreseen: { state: 'known', forecast } });
  } catch (error) {
    if (!signal.aborted) patchExporting({ foreseen: { state: 'refused', refusal: refusalOf(error) } });
  }
}

/** What the page can tell is wrong without asking. */
function prepared(): { request: Request } | { refusal: Refusal } {
  const { choice, folder, startTimecode } = getExporting();
  const refusal = (field: ExportField, line: string) => ({ refusal: { field, line } });
  const opened = getOpened();
  if (!opened || !choice) return refusal('all', 'No project is open.');
  const fault = pathFault(folder, platform() === 'win32');
  if (fault) return refusal('folder', `The folder ${fault}.`);
  if (startTimecode !== null && !parseTimecode(startTimecode, timelineRate(getDocument())))
    return refusal('start', 'Write hours, minutes, seconds and frames as 01:00:00:00.');
  if (choice.media.as === 'made' && choice.names === null)
    return refusal('names', 'Say what the files are called.');
  if (choice.timelines?.formats.length === 0) return refusal('timelines', 'Choose at least one.');
  const request = requestOf(choice, exportSubject(), { project: opened.id, folder, startTimecode });
  return request ? { request } : refusal('what', 'There is nothing of it to export.');
}

/** Where in the sheet a refusal of the engine stands. */
const FIELD_OF: Readonly<Record<string, ExportField>> = {
  'disk-full': 'folder',
  'output-unwritable': 'folder',
  'encoder-missing': 'media',
  'preparing the take': 'media',
  'naming the files': 'names',
  'exporting timelines': 'timelines',
  'choosing the folder': 'folder',
};

function refusalOf(error: unknown): Refusal {
  const known = error instanceof AppError ? error : null;
  const field = FIELD_OF[known?.doing ?? ''] ?? FIELD_OF[known?.code ?? ''] ?? 'all';
  // At its field it need not be said what was being done.
  const plain = known ? new AppError(known.code, known.message, { doing: '', hint: known.hint }) : error;
  return { field, line: sentence(errorLine(plain)) };
}

/** Begins the export, or goes on with the one that was cut off. */
export async function startExport(): Promise<void> {
  const { run, choice } = getExporting();
  if (run?.state === 'running') return;
  if (run) return perform(run);
  const asked = prepared();
  if ('refusal' in asked) return patchExporting({ foreseen: { state: 'refused', refusal: asked.refusal } });
  const { request } = asked;
  const { project, folder } = request;
  const keep = (written: boolean) => {
    if (choice) keepLastExport({ project, choice, folder, written });
  };
  await perform({
    ...{ project, folder, inPlace: false },
    async work(signal) {
      keep(false);
      await flush();
      const result = await call('delivery.run', request, signal);
      keep(true);
      return result;
    },
  });
}

/** Asks about a take that is handed back in place. */
export function askToReplace(take: Take): void {
  if (getExporting().run?.state === 'running')
    refuse('replacing the source', 'an export is under way', 'Wait for it, or stop it.');
  patchExporting({ replacing: take.id, run: null });
  setView({ dialog: 'export' });
}

/** Writes the take's whole clip with the take in it beside the clip. */
export async function replaceSource(take: Take, format: TakeFormat): Promise<void> {
  const document = getDocument();
  const { id: project } = getOpened() ?? refuse('replacing the source', 'no project is open');
  const shot = shotOf(document, take.shotId) ?? refuse('replacing the source', 'its shot is gone');
  patchExporting({ replacing: null });
  await perform({
    ...{ project, folder: folderOf(document.clips[shot.clipId]!.path), inPlace: true },
    work: (signal) => call('delivery.inPlace', { project, document, take: take.id, format }, signal),
  });
}

async function perform({
  project,
  folder,
  inPlace,
  work,
}: Pick<ExportRun, 'project' | 'folder' | 'inPlace' | 'work'>): Promise<void> {
  const abort = new AbortController();
  patchExporting({
    run: {
      ...{ project, folder, inPlace, work, abort, since: Date.now(), first: null, progress: null },
      ...{ state: 'running', problem: null, result: null },
    },
  });
  try {
    const result = await work(abort.signal);
    patchRun(abort, { state: 'done', result });
    said(`${getDocument().name} is exported`, result.folder);
  } catch (error) {
    const cancelled = error instanceof Cancelled;
    patchRun(abort, {
      state: cancelled ? 'cancelled' : 'failed',
      problem: cancelled ? null : sentence(errorLine(error)),
    });
    if (getView().dialog === 'export') return;
    if (cancelled) tell('The export was stopped. Its sheet goes on with it, or throws away what was made.');
    else tellError(error);
  }
}

function said(line: string, folder: string): void {
  if (getView().dialog !== 'export') tell(`${line}: ${folder}`);
  if (!globalThis.document.hasFocus()) shell().notify('Export ready', line);
}

export function cancelExport(): void {
  getExporting().run?.abort.abort();
}

/** Back to what was chosen, to be changed or asked for again. */
export function changeExport(): void {
  const { run } = getExporting();
  const opened = getOpened();
  if (!run || !opened || run.state === 'running') return;
  const again = run.project === opened.id && run.state !== 'done';
  if (again) patchExporting({ run: null });
  else begin(opened);
  foreseeSoon();
}

/** What an export that was stopped has finished is thrown away; the sheet is as it was before. */
export async function forgetExport(): Promise<void> {
  const { run } = getExporting();
  if (!run || run.state === 'running' || run.inPlace) return;
  const { project, folder } = run;
  try {
    await call('delivery.forget', { project, folder });
    changeExport();
  } catch (error) {
    tellError(error);
  }
}

export async function revealExport(): Promise<void> {
  const { result, folder } = getExporting().run ?? {};
  const [first] = [...(result?.timelines ?? []), ...(result?.files ?? [])];
  const path = first?.path ?? folder;
  if (path) await shell().revealFile(path);
}

export const exportCommands: readonly Command[] = [
  { id: 'file.export', name: 'Export…', group: 'Project', keys: ['$mod+e'], run: () => openExport() },
  {
    id: 'take.export',
    name: 'Export the chosen takes…',
    group: 'Takes',
    keys: [],
    run() {
      if (exportSubject().takes.length === 0)
        refuse('exporting', 'no take is chosen', 'Choose takes in the list, or show one.');
      openExport('takes');
    },
  },
];
