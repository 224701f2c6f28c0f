/** Answers what is asked of farms. */
import type { z } from 'zod';
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import { AppError } from '../../../common/errors.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { DataPaths } from '../data-paths.ts';
import { FarmDesk } from '../farm/desk.ts';
import { FarmList } from '../farm/list.ts';
import type { PackRequest } from '../farm/pack.ts';
import { FarmWatch } from '../farm/watch.ts';
import { requireWorkFolder } from '../folders.ts';
import type { Library } from '../library/library.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { type ProjectRef, projectAt } from '../project/file.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { ProjectSession } from '../project/session.ts';
import { DeskRows } from '../queue/desk.ts';
import { TakeFiling } from '../queue/filing.ts';
import type { RenderQueue } from '../queue/queue.ts';
import type { JobStore } from '../queue/store.ts';
import type { Handlers } from '../serve.ts';
import { either } from './calling.ts';
import type { requiring } from './requiring.ts';

interface FarmCallParts {
  readonly paths: DataPaths;
  readonly store: JobStore | null;
  readonly cache: ArtefactStore | null;
  readonly probe: Probe;
  readonly library: Library;
  readonly project: ProjectSession;
  readonly places: NetworkPlaces;
  readonly requireKnown: ReturnType<typeof requiring>['requireKnown'];
  /** The queue, where a window has one open: nothing is rendered because something comes home. */
  readonly openQueue: () => RenderQueue | null;
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent | JobEvent) => void;
}

type FarmCall = Extract<keyof DesktopContract, `farm.${string}`>;
type Packing = z.output<DesktopContract['farm.pack']['input']>;

export interface FarmCalls {
  readonly handlers: Pick<Handlers<DesktopContract>, FarmCall>;
  /** A project was opened, at this place. */
  found(project: ProjectRef): void;
  /** The artist goes on in a copy of the project. */
  readdress(from: string, to: ProjectRef): void;
  /** The window is gone: what is out goes on. */
  stop(): Promise<void>;
}

const SENDING = 'sending to the farm';

export function farmCalls(parts: FarmCallParts): FarmCalls {
  const { paths, store, cache, probe, library, project, places, requireKnown, errand, emit } = parts;
  const warn = (message: string) => emit({ kind: 'warning', job: null, message });
  const list = new FarmList(paths.dir, warn);
  let made: { readonly desk: FarmDesk; readonly watch: FarmWatch } | null = null;
  const farm = () => {
    if (!store) throw new AppError('disk-full', 'the disk is full', { doing: SENDING });
    const file = (ids: readonly string[]) => fileTakes(ids, { ...parts, store });
    const desk = made?.desk ?? new FarmDesk({ list, store, cache, probe, locks: paths.jobs, file });
    made ??= { desk, watch: new FarmWatch(desk, { emit }) };
    return made;
  };
  /** All that a render would be refused for before its shots are looked at. */
  const request = async ({
    project: named,
    bundle,
    takesFolder,
    ...asked
  }: Packing): Promise<PackRequest> => {
    const where = await projectNamed(named);
    for (const { shot, clip } of asked.shots) await requireKnown([clip.path, bundle], shot.settings, SENDING);
    for (const folder of [takesFolder, ...(asked.folder === null ? [] : [asked.folder])]) {
      await places.accept(folder);
      await requireWorkFolder(folder, 'choosing the folder');
    }
    return { ...asked, takesFolder, project: where, bundle: await library.modelAt(bundle) };
  };
  const projectNamed = async (named: string): Promise<ProjectRef> => {
    if (project.ref?.id === named) return project.ref;
    // Ids hold no slash, nor does a path begin without one.
    if (!/[\\/]/.test(named)) return project.known(named, SENDING);
    await places.accept(named);
    const { id, path } = projectAt(named);
    return { id, path };
  };
  const allowed = async <T>(
    folder: string,
    work: (farms: ReturnType<typeof farm>) => Promise<T>,
  ): Promise<T> => {
    await places.accept(folder);
    return work(farm());
  };

  const handlers: FarmCalls['handlers'] = {
    'farm.drivers': async () => farm().desk.drivers(),
    'farm.keep': async ({ driver, setting, value }) => {
      farm().desk.keep(driver, setting, value);
      return farm().desk.drivers();
    },
    'farm.pack': async (asked, signal) => {
      const { desk, watch } = farm();
      const packed = await desk.pack(await request(asked), either(errand(), signal));
      watch.changed(await desk.look(packed.folder, signal));
      return packed;
    },
    'farm.submit': async (asked, signal) => {
      const { driver, settings, ...packing } = asked;
      const { desk, watch } = farm();
      const status = await desk.submit(await request(packing), driver, settings, either(errand(), signal));
      watch.changed(status);
      return status;
    },
    'farm.again': ({ folder, driver, settings }, signal) =>
      allowed(folder, async ({ desk, watch }) => {
        const status = await desk.again(folder, driver, settings, signal);
        watch.changed(status);
        return status;
      }),
    'farm.list': () => farm().watch.list(),
    'farm.status': ({ folder }, signal) => allowed(folder, ({ desk }) => desk.status(folder, signal)),
    'farm.cancel': ({ folder }, signal) =>
      allowed(folder, async ({ desk, watch }) => {
        const status = await desk.cancel(folder, signal);
        watch.changed(status);
        return status;
      }),
    'farm.collect': ({ folder, takesFolder }, signal) =>
      allowed(folder, async ({ desk, watch }) => {
        if (takesFolder !== undefined) {
          await places.accept(takesFolder);
          await requireWorkFolder(takesFolder, 'choosing the folder of the takes');
        }
        const collected = await desk.collect(folder, { takesFolder }, signal);
        watch.changed(await desk.look(folder, signal));
        return collected;
      }),
    'farm.forget': async ({ folder }, signal) => {
      const { desk, watch } = farm();
      await desk.forget(folder, signal);
      watch.forgotten(folder);
      return null;
    },
  };
  return {
    handlers,
    found: (where) => farm().desk.found(where),
    readdress: (from, to) => farm().desk.readdress(from, to),
    stop: async () => made?.watch.stop(),
  };
}

/** Filed as the queue's own takes are; one that its project has to wait for stays in its row. A line for each of those. */
function fileTakes(
  ids: readonly string[],
  { project, emit, openQueue, store }: FarmCallParts & { readonly store: JobStore },
): string[] {
  const rows = new DeskRows(store);
  const queue = openQueue();
  if (queue) queue.brought(ids);
  else {
    const filing = new TakeFiling({
      ...{ rows, emit, onChange: () => {} },
      file: (where, take) => project.file(where, take),
    });
    for (const id of ids) {
      const job = store.find(id);
      if (job?.report) filing.file(job, job.report);
    }
    // Whoever opens the project next files what waits.
    filing.stop();
  }
  return ids.flatMap((id) => {
    const desk = store.find(id)?.desk;
    return desk && !desk.filed ? [`${desk.label} waits for its project`] : [];
  });
}
