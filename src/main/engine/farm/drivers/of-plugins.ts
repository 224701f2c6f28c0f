/** Farm drivers of plugins, beside Retake's own. A plugin says what its server is to be asked; it is asked here. */
import { AppError } from '../../../../common/errors.ts';
import {
  type FarmTasks,
  farmV1,
  MOST_ASKED,
  type ServerAnswer,
  type ServerRequest,
} from '../../../../common/plugins/farm-v1.ts';
import type { PluginHandle } from '../../../../common/plugins/handle.ts';
import { fullId } from '../../../../common/plugins/ids.ts';
import type { InstalledPlugin } from '../../plugins/installed.ts';
import type { Contributor } from '../../plugins/plugins.ts';
import { type DriverSettings, type FarmDriver, type FarmFolder, PROGRAM_SETTINGS } from '../driver.ts';
import { FARM_STEPS, taskName } from '../job-folder.ts';
import { missingTasks, tasksOf } from '../missing.ts';
import { farmDrivers } from './registry.ts';
import { askServer, SERVER_SETTING } from './server.ts';
import { taskWords } from './words.ts';

type Contribution = NonNullable<InstalledPlugin['manifest']['contributes']['farms']>[number];

/** @param open by the plugin's id; starts it where it does not run */
export function farmContributor(open: (pluginId: string) => Promise<PluginHandle>): Contributor {
  return {
    contribute(plugin) {
      const { facts, manifest } = plugin;
      for (const farm of manifest.contributes.farms ?? [])
        farmDrivers.contribute(facts, driverOf(plugin, farm, open));
    },
    withdraw: (id) => farmDrivers.withdraw(id),
  };
}

function driverOf(
  { facts }: InstalledPlugin,
  { id, label, summary, settings: own }: Contribution,
  open: (pluginId: string) => Promise<PluginHandle>,
): FarmDriver {
  const full = fullId(facts.id, id);
  const ofPlugin = (settings: DriverSettings) =>
    Object.fromEntries(own.map((one) => [one.id, settings[one.id] ?? one.default]));
  /** Asks the server what the plugin wants asked, until the plugin knows. */
  const converse = async <Told extends object>(
    settings: DriverSettings,
    signal: AbortSignal,
    next: (handle: PluginHandle, answers: ServerAnswer[]) => Promise<Told | { ask: ServerRequest }>,
  ): Promise<Told> => {
    const handle = await open(facts.id);
    const answers: ServerAnswer[] = [];
    for (;;) {
      const told = await next(handle, answers);
      if (!('ask' in told)) return told;
      if (answers.length >= MOST_ASKED) {
        throw new AppError(
          'plugin-failed',
          `it asked its server ${MOST_ASKED} times and still does not know`,
          {
            doing: `${facts.name} ${facts.version}`,
            hint: 'Tell whoever made the plugin.',
          },
        );
      }
      answers.push(await askServer(settings[SERVER_SETTING.id] ?? '', told.ask, signal));
    }
  };
  return {
    ...{ id: full, label, summary, settings: [SERVER_SETTING, ...own, ...Object.values(PROGRAM_SETTINGS)] },
    async submit(at, settings, signal) {
      const job = await tasksFor(at, settings, 'missing');
      const { ids } = await converse(settings, signal, (handle, answers) =>
        handle.call(farmV1, 'submit', id, [job, ofPlugin(settings), answers], { signal }),
      );
      return { driver: full, settings: { ...settings }, at: Date.now(), ids };
    },
    async status({ ids, settings }, at, signal) {
      const job = await tasksFor(at, settings, 'all');
      return converse(settings, signal, (handle, answers) =>
        handle.call(farmV1, 'status', id, [job, ids, ofPlugin(settings), answers], { signal }),
      );
    },
    async cancel({ ids, settings }, at, signal) {
      const job = await tasksFor(at, settings, 'all');
      await converse(settings, signal, (handle, answers) =>
        handle.call(farmV1, 'cancel', id, [job, ids, ofPlugin(settings), answers], { signal }),
      );
    },
  };
}

async function tasksFor(
  { folder, job }: FarmFolder,
  settings: DriverSettings,
  which: 'missing' | 'all',
): Promise<FarmTasks> {
  const tasks: FarmTasks['tasks'] = [];
  for (const step of FARM_STEPS) {
    const ranges = which === 'all' ? tasksOf(job, step) : await missingTasks(folder, job, step);
    for (const range of ranges) {
      const words = [...taskWords(settings, folder, step, range)];
      tasks.push({ name: taskName(step, range), step, ...range, words });
    }
  }
  return { id: job.id, name: job.name, folder, tasks };
}
