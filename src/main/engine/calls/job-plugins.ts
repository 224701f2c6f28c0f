/**
 * What a render needs of plugins, by its own project, whichever is open. Asked when it starts: a plugin may have gone, or
 * been switched off, while it waited.
 */
import { AppError } from '../../../common/errors.ts';
import { awayWords, pluginInTheWay } from '../../../common/plugins/used.ts';
import type { ProjectDocument } from '../../../common/project/document.ts';
import type { Plugins } from '../plugins/plugins.ts';
import type { ProjectRef } from '../project/file.ts';
import type { Job } from '../queue/job.ts';

type Switches = ProjectDocument['plugins'];

export class JobPlugins {
  readonly #plugins: Pick<Plugins, 'list' | 'runFor'>;
  readonly #switchesOf: (project: ProjectRef) => Switches;

  /** @param switchesOf a project's own; may throw where its file cannot be read */
  constructor(plugins: Pick<Plugins, 'list' | 'runFor'>, switchesOf: (project: ProjectRef) => Switches) {
    this.#plugins = plugins;
    this.#switchesOf = switchesOf;
  }

  /** Has those that its project has on for itself run until they are given back. @throws AppError plugin-missing */
  async lend({ settings, desk }: Pick<Job, 'settings' | 'desk'>): Promise<void> {
    const plugins = this.#switches(desk?.project ?? null);
    const installed = await this.#plugins.list();
    const away = pluginInTheWay(settings, { plugins, bundle: settings.model.bundle }, installed);
    if (away) {
      const name = installed.find(({ id }) => id === away.id)?.name;
      const named = name === undefined || name === away.id ? away.id : `${name} (${away.id})`;
      throw new AppError('plugin-missing', `it needs the plugin ${named}, which ${awayWords(away.state)}`, {
        doing: 'starting the render',
        hint: away.state === 'missing' ? 'Install it, then retry.' : 'Switch it on or mend it, then retry.',
      });
    }
    await this.#plugins.runFor(plugins, 'render');
  }

  giveBack(): Promise<void> {
    return this.#plugins.runFor({}, 'render');
  }

  /** Of a project that is away the switch for all decides. */
  #switches(project: ProjectRef | null): Switches {
    try {
      return project ? this.#switchesOf(project) : {};
    } catch (error) {
      if (error instanceof AppError) return {};
      throw error;
    }
  }
}
