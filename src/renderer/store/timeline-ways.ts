/** What timelines can be written as and read from, and what names can be made of: of Retake, and of plugins. */
import type { TimelineWays } from '../../common/contract/timelines.ts';
import { call } from '../engine.ts';
import { engineList, followEvent, useEngineList } from './engine-list.ts';
import { useOffered } from './plugins.ts';

export type WayOfWriting = TimelineWays['formats'][number];
type NameWord = TimelineWays['words'][number];

const list = engineList<TimelineWays>(async () => [await call('timeline.ways', null)]);

/** Those that the open project may use; null until they are known. */
export function useTimelineFormats(): readonly WayOfWriting[] | null {
  return useOffered(useEngineList(list)?.[0]?.formats ?? null);
}

/** What patterns of names may hold in braces, in the open project; null until they are known. */
export function useNameWords(): readonly NameWord[] | null {
  return useOffered(useEngineList(list)?.[0]?.words ?? null);
}

export function followTimelineWays(): () => void {
  return followEvent(list, 'plugins');
}

/** Endings without dot of what plugins read, as the engine knows them now. */
export async function endingsOfPlugins(): Promise<readonly string[]> {
  const { readers } = await call('timeline.ways', null);
  return readers.flatMap(({ plugin, endings }) => (plugin === null ? [] : endings));
}
