/** Exporters, importers and name words of plugins, as entries of the registries that Retake's own are in. */
import { nameWords } from '../../../common/delivery/name-words.ts';
import { AppError } from '../../../common/errors.ts';
import { timelineFormats, timelineReaders } from '../../../common/interchange/registry.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import { fullId } from '../../../common/plugins/ids.ts';
import type { NameFacts } from '../../../common/plugins/timeline-v1.ts';
import { timelineV1 } from '../../../common/plugins/timeline-v1.ts';
import { cutOfTimeline, timelineOf } from '../../../common/plugins/timeline-v1-cut.ts';
import { endingOf } from '../../../common/timeline-endings.ts';
import type { InstalledPlugin } from '../plugins/installed.ts';
import type { Contributor } from '../plugins/plugins.ts';

/** By the plugin's id; starts it where it does not run. */
type Open = (pluginId: string) => Promise<PluginHandle>;

/** Names are made anew with every letter that an artist types. */
const MOST_REMEMBERED = 2000;
/** A name is a few words: nobody waits for one. */
const NAME_MS = 2000;

export function timelineContributor(open: Open): Contributor {
  return {
    contribute(plugin) {
      const { facts, manifest } = plugin;
      const { exporters = [], importers = [], names = [] } = manifest.contributes;
      for (const { id, label, programs, ending, params = null } of exporters)
        timelineFormats.contribute(facts, {
          ...{ id: fullId(facts.id, id), label, programs, ending, takes: '', params },
          async write(cut, { stem, place, params: given, signal }) {
            const handle = await open(plugin.facts.id);
            return handle.call(timelineV1, 'write', id, [timelineOf(cut, { stem, place }), given], {
              signal,
            });
          },
        });
      for (const { id, label, endings } of importers)
        timelineReaders.contribute(facts, {
          ...{ id: fullId(facts.id, id), label, endings: endings.map(endingOf), leavesRateOpen: false },
          recognises: () => false,
          async read(text, { name, rate, signal }) {
            const handle = await open(plugin.facts.id);
            const asked = { name, rate: { n: String(rate.num), d: String(rate.den) } };
            const { losses, ...given } = await handle.call(timelineV1, 'read', id, [text, asked], { signal });
            return { cut: cutGiven(plugin, () => cutOfTimeline({ ...given, losses })), losses };
          },
        });
      for (const { id, label } of names)
        nameWords.contribute(facts, {
          ...{ id: fullId(facts.id, id), label },
          word: remembering(async (facts, signal) => {
            const handle = await open(plugin.facts.id);
            return handle.call(timelineV1, 'name', id, [facts], { signal, deadlineMs: NAME_MS });
          }),
        });
    },
    withdraw(id) {
      for (const registry of [timelineFormats, timelineReaders, nameWords]) registry.withdraw(id);
    },
  };
}

/** What contradicts itself is the plugin's fault. */
function cutGiven<T>({ facts }: InstalledPlugin, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('plugin-failed', error.message, {
      doing: `${facts.name} ${facts.version}`,
      hint: 'Tell whoever made the plugin, or look whether the file is whole.',
      cause: error,
    });
  }
}

type Word = (
  facts: NameFacts,
  signal?: Parameters<(typeof nameWords)['list'][number]['word']>[1],
) => Promise<string>;

function remembering(word: Word): Word {
  const known = new Map<string, string>();
  return async (facts, signal) => {
    const key = JSON.stringify(facts);
    const found = known.get(key) ?? (await word(facts, signal));
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(key, found);
    return found;
  };
}
