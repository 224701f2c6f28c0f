/** Shots for other machines: sent from the sheet, and what the artist asks of those that are out. */
import type { Calls } from '../../common/contract/contract.ts';
import type { FarmDriverInfo, FarmStatus } from '../../common/contract/farm.ts';
import { pathFault } from '../../common/contract/values.ts';
import { AppError, Cancelled, errorLine } from '../../common/errors.ts';
import { portableName } from '../../common/file-name.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { isShot } from '../../common/project/positions.ts';
import { call, platform, shell } from '../engine.ts';
import { flush } from '../store/autosave.ts';
import { getChosenShots, getPlaced, takesOfShot } from '../store/current.ts';
import {
  type FarmWish,
  farmStore,
  getDrivers,
  keepDefault,
  loadFarm,
  refreshDrivers,
  setWish,
  takeStatus,
} from '../store/farm.ts';
import { tell, tellError } from '../store/notices.ts';
import { getDocument, getOpened } from '../store/project.ts';
import {
  getSending,
  keepLastSent,
  lastSent,
  patchSending,
  SENT_SHOTS,
  type SentShots,
} from '../store/sending.ts';
import { getView, setView } from '../store/view.ts';
import { count, sentence } from '../words.ts';
import type { Command } from './command.ts';
import { renderRequest } from './render.ts';

const DOING = 'sending to the farm';

export function shotsToSend(which: SentShots): readonly Shot[] {
  if (which === 'chosen') return getChosenShots().map(({ item }) => item);
  const document = getDocument();
  const all = getPlaced()
    .filter(isShot)
    .map(({ item }) => item);
  return which === 'all' ? all : all.filter(({ id }) => takesOfShot(document, id).length === 0);
}

/** Opens the sheet; what is being sent just now is shown as it is. */
export function openSending(): void {
  if (!getOpened()) refuse(DOING, 'no project is open');
  if (!getSending().abort) {
    const { driver, parent, copyModels } = lastSent();
    const which = SENT_SHOTS.find((one) => shotsToSend(one).length > 0);
    if (!which) refuse(DOING, 'there is no shot on the timeline', 'Import a clip first.');
    patchSending({ ...{ which, driver, copyModels, typed: {}, problem: null }, folder: folderIn(parent) });
  }
  setView({ dialog: 'farm' });
  refreshDrivers().catch((error: unknown) => patchSending({ problem: sentence(errorLine(error)) }));
}

/** The driver that is chosen, or the first. */
export function driverOf(
  drivers: readonly FarmDriverInfo[],
  chosen: string | null,
): FarmDriverInfo | undefined {
  return drivers.find(({ id }) => id === chosen) ?? drivers[0];
}

export function typeSetting(driver: string, setting: string, text: string): void {
  const { typed } = getSending();
  patchSending({ typed: { ...typed, [driver]: { ...typed[driver], [setting]: text } }, problem: null });
}

/** The folder that holds the job's own, which is made anew. */
export async function chooseSentFolder(): Promise<void> {
  const parent = await shell().openFolderDialog('Send in a new folder in');
  if (parent) patchSending({ folder: folderIn(parent), problem: null });
}

/** "/mnt/farm" → "/mnt/farm/Beach film 2026-11-27 14-05"; empty where nobody named one, for one beside the project. */
function folderIn(parent: string | null): string {
  if (parent === null) return '';
  const slash = parent.includes('\\') ? '\\' : '/';
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const name = `${getDocument().name} ${day} ${two(now.getHours())}-${two(now.getMinutes())}`;
  return `${parent.replace(/[\\/]+$/, '')}${slash}${portableName(name, 'Farm')}`;
}

const parentOf = (folder: string) => folder.replace(/[\\/][^\\/]*$/, '') || '/';

/** What the page can tell is wrong without asking, else what is asked. */
function prepared(): Calls['farm.submit']['input'] {
  const { which, driver, typed, folder, copyModels } = getSending();
  const fault = folder === '' ? null : pathFault(folder, platform() === 'win32');
  if (fault) refuse(DOING, `the folder ${fault}`);
  const to = driverOf(getDrivers() ?? [], driver) ?? refuse(DOING, 'there is no scheduler to send to');
  const shots = shotsToSend(which).map((shot) => ({ shot }));
  const [first] = shots;
  if (!first) refuse(DOING, 'no shot is chosen');
  const settings = Object.fromEntries(
    to.settings.map(({ id, default: usual }) => [id, typed[to.id]?.[id] ?? usual]),
  );
  return {
    ...renderRequest(shots, DOING),
    ...{ folder: folder === '' ? null : folder, copyModels, driver: to.id, settings },
  };
}

/** Packs the shots and hands them over; the sheet may be closed meanwhile. Why it failed stands in the sheet, or is told. */
export async function send(): Promise<void> {
  if (getSending().abort) return;
  const abort = new AbortController();
  patchSending({ abort, problem: null });
  try {
    const request = prepared();
    await flush();
    const status = await call('farm.submit', request, abort.signal);
    takeStatus(status);
    remember(request, status);
    tell(`${count(status.shots.length, 'shot')} sent to the farm`);
    if (getView().dialog === 'farm') setView({ dialog: null, side: 'queue' });
  } catch (error) {
    // What was packed before the scheduler refused stays, and can be handed in again.
    void loadFarm();
    // At the sheet it need not be said what was being done.
    const plain =
      error instanceof AppError
        ? new AppError(error.code, error.message, { doing: '', hint: error.hint })
        : error;
    if (getView().dialog !== 'farm') tellError(error);
    else if (!(error instanceof Cancelled)) patchSending({ problem: sentence(errorLine(plain)) });
  } finally {
    patchSending({ abort: null });
  }
}

/** The next one is sent as this one was. */
function remember({ driver, settings, folder, copyModels }: Calls['farm.submit']['input'], sent: FarmStatus) {
  keepLastSent({ driver, copyModels, parent: folder === null ? null : parentOf(sent.folder) });
  const known = driverOf(getDrivers() ?? [], driver)?.settings ?? [];
  for (const { id, default: usual } of known) {
    const value = settings[id];
    if (value !== undefined && value !== usual) void keepDefault(driver, id, value).catch(tellError);
  }
}

export function stopSending(): void {
  getSending().abort?.abort();
}

/** One at a time of each folder. */
async function wish(folder: string, what: FarmWish, work: () => Promise<void>): Promise<void> {
  if (farmStore.getState().wishes[folder]) return;
  setWish(folder, what);
  try {
    await work();
  } finally {
    setWish(folder, null);
  }
}

export function cancelAtFarm({ folder }: FarmStatus): Promise<void> {
  return wish(folder, 'cancel', async () => takeStatus(await call('farm.cancel', { folder })));
}

/** Hands in what is not whole yet: to the scheduler that had it, or to the one last used where none had. */
export function sendAgain({ folder, driver }: FarmStatus): Promise<void> {
  return wish(folder, 'again', async () => {
    const to = driver === null ? driverOf(getDrivers() ?? (await refreshDrivers()), lastSent().driver) : null;
    takeStatus(await call('farm.again', { folder, ...(to && { driver: to.id }) }));
  });
}

export function forgetAtFarm({ folder }: FarmStatus): Promise<void> {
  return wish(folder, 'forget', async () => {
    await call('farm.forget', { folder });
    await loadFarm();
  });
}

export function collectNow({ folder, name }: Pick<FarmStatus, 'folder' | 'name'>): Promise<void> {
  return wish(folder, 'collect', async () => {
    const { takes, refused, unfiled } = await call('farm.collect', { folder });
    takeStatus(await call('farm.status', { folder }));
    for (const line of [...refused, ...unfiled].slice(0, MOST_LINES)) tell(sentence(line), 'problem');
    if (refused.length === 0)
      tell(
        `${name}: ${takes.length > 0 ? `${count(takes.length, 'take')} came home` : 'nothing new is ready'}`,
      );
  });
}

/** Of what did not come home; the rest is told when it is collected again. */
const MOST_LINES = 3;

export async function revealAtFarm({ folder }: FarmStatus): Promise<void> {
  await shell().revealFile(folder);
}

export const farmCommands: readonly Command[] = [
  {
    id: 'render.farm',
    name: 'Send to farm…',
    group: 'Takes',
    keys: ['$mod+Shift+Alt+Enter'],
    run: openSending,
  },
];
