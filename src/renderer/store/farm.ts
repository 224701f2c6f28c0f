/** What other machines render, as the engine last said: kept up by what changes, and asked for anew of a fresh engine. */
import { create } from 'zustand';
import type { DesktopEvent } from '../../common/contract/events.ts';
import type { FarmDriverInfo, FarmStatus } from '../../common/contract/farm.ts';
import { Cancelled, errorLine } from '../../common/errors.ts';
import { call } from '../engine.ts';
import { count, sentence } from '../words.ts';
import { engineList, followEvent, useEngineList } from './engine-list.ts';

type FarmChanges = Omit<Extract<DesktopEvent, { kind: 'farm' }>, 'kind'>;
/** What the artist asks of a folder that is out. */
export type FarmWish = 'cancel' | 'again' | 'collect' | 'forget';

interface Farm {
  /** Newest first; null until they are known. */
  readonly jobs: readonly FarmStatus[] | null;
  /** Why they cannot be known; null where nothing is wrong. */
  readonly problem: string | null;
  /** By folder, as long as it is not answered. */
  readonly wishes: Readonly<Record<string, FarmWish>>;
  /** By folder, and "" for all of them: what the artist unfolded or folded. */
  readonly folds: Readonly<Record<string, boolean>>;
}

export const farmStore = create<Farm>(() => ({ jobs: null, problem: null, wishes: {}, folds: {} }));

export function useFarm<Part>(select: (farm: Farm) => Part): Part {
  return farmStore(select);
}

function changed(jobs: readonly FarmStatus[], changes: FarmChanges): readonly FarmStatus[] {
  const gone = new Set([...changes.removed, ...changes.changed.map(({ folder }) => folder)]);
  const kept = jobs.filter(({ folder }) => !gone.has(folder));
  return [...kept, ...changes.changed].sort((a, b) => b.at - a.at || a.folder.localeCompare(b.folder));
}

/** What was said while the list was asked for, which is newer than the list. */
let meanwhile: FarmChanges[] | null = null;

/** The whole list, anew. A folder that does not answer holds up nothing but this. */
export async function loadFarm(ask = () => call('farm.list', null)): Promise<void> {
  const said: FarmChanges[] = [];
  meanwhile = said;
  farmStore.setState({ problem: null });
  try {
    const list = await ask();
    if (meanwhile === said) farmStore.setState({ jobs: said.reduce(changed, changed([], wholly(list))) });
  } catch (error) {
    // Of an engine that went away; the next one is asked anew.
    if (meanwhile === said && !(error instanceof Cancelled))
      farmStore.setState({ problem: sentence(errorLine(error)) });
  } finally {
    if (meanwhile === said) meanwhile = null;
  }
}

const wholly = (list: readonly FarmStatus[]): FarmChanges => ({ changed: list, removed: [] });

/** What has changed since then. Returns what of it the artist should hear wherever they are. */
export function changeFarm(changes: FarmChanges): readonly FarmNews[] {
  meanwhile?.push(changes);
  const { jobs } = farmStore.getState();
  if (!jobs) return [];
  farmStore.setState({ jobs: changed(jobs, changes) });
  return farmNews(jobs, changes.changed);
}

export interface FarmNews {
  readonly tone: 'info' | 'problem';
  readonly line: string;
}

/** Machines work at it, or will. */
export const isOut = ({ state }: Pick<FarmStatus, 'state'>) => state === 'waiting' || state === 'running';

/** Jobs that were out and have ended: by themselves, not by the artist. */
export function farmNews(before: readonly FarmStatus[], after: readonly FarmStatus[]): readonly FarmNews[] {
  const out = new Set(before.filter(isOut).map(({ folder }) => folder));
  return after
    .filter(({ folder }) => out.has(folder))
    .flatMap(({ name, state, shots }): readonly FarmNews[] => {
      if (state === 'done') return [{ tone: 'info', line: `${name}: the farm has made every take` }];
      if (state !== 'failed') return [];
      const failed = shots.filter((shot) => shot.state === 'failed').length;
      const what = failed > 0 ? `${count(failed, 'shot')} failed at the farm` : 'the farm does not go on';
      return [{ tone: 'problem', line: `${name}: ${what}. The queue says why.` }];
    });
}

/** Takes in what a call answers about one of them. */
export function takeStatus(status: FarmStatus): void {
  changeFarm({ changed: [status], removed: [] });
}

export function setWish(folder: string, wish: FarmWish | null): void {
  farmStore.setState(({ wishes: { [folder]: _, ...others } }) => ({
    wishes: wish === null ? others : { ...others, [folder]: wish },
  }));
}

export function foldFarm(id: string, isOpen: boolean): void {
  farmStore.setState(({ folds }) => ({ folds: { ...folds, [id]: isOpen } }));
}

/** Shots that other machines have still to render. */
export function shotsOut(jobs: readonly FarmStatus[] | null): number {
  return (jobs ?? [])
    .filter(isOut)
    .flatMap(({ shots }) => shots)
    .filter(({ state }) => state === 'waiting' || state === 'running').length;
}

const drivers = engineList<FarmDriverInfo>(() => call('farm.drivers', null));

/** Plugins bring some and take them away; returns what stops it. */
export function followDrivers(): () => void {
  return followEvent(drivers, 'plugins');
}

/** Null until they are known. */
export function useDrivers(): readonly FarmDriverInfo[] | null {
  return useEngineList(drivers);
}

export function getDrivers(): readonly FarmDriverInfo[] | null {
  return drivers.store.getState().list;
}

/** Asks anew: their settings may have been kept by the command line. */
export async function refreshDrivers(): Promise<readonly FarmDriverInfo[]> {
  return drivers.refresh();
}

/** What is set for a driver is its default from now on. */
export async function keepDefault(driver: string, setting: string, value: string): Promise<void> {
  await drivers.take(call('farm.keep', { driver, setting, value }));
}
