/** What timelines can be written as and read from, and what names can be made of, as the window is told it. */
import type { TimelineWays } from '../../../common/contract/timelines.ts';
import { nameWords } from '../../../common/delivery/name-words.ts';
import { timelineFormats, timelineReaders } from '../../../common/interchange/registry.ts';
import { isBuiltIn } from '../../../common/plugins/built-in.ts';
import type { Registry } from '../../../common/plugins/registry.ts';

export function timelineWays(): TimelineWays {
  const owned = <T extends { readonly id: string }>(registry: Registry<T>) =>
    registry.list.map((one) => {
      const owner = registry.ownerOf(one.id)!;
      return { ...one, plugin: isBuiltIn(owner) ? null : { id: owner.id, name: owner.name } };
    });
  return {
    formats: owned(timelineFormats).map(({ id, label, plugin, programs, ending, params }) => ({
      ...{ id, label, plugin, programs, ending, params },
    })),
    readers: owned(timelineReaders).map(({ id, label, plugin, endings }) => ({ id, label, plugin, endings })),
    words: owned(nameWords).map(({ id, label, plugin }) => ({ id, label, plugin })),
  };
}
