/** Answers the desktop's calls: each is one line that says which part does it. Large parts have their own file of calls. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent, JobEvent } from '../../../common/contract/events.ts';
import type { OpenedProject } from '../../../common/contract/projects.ts';
import { AppError, errorLine } from '../../../common/errors.ts';
import { samePluginFile } from '../../../common/plugins/used.ts';
import type { ProjectDocument } from '../../../common/project/document.ts';
import { parseRate } from '../../../common/time/rational.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { DataPaths } from '../data-paths.ts';
import { requireSearchFolder, requireWorkFolder } from '../folders.ts';
import { KnownHeaders } from '../library/header-facts.ts';
import { Library } from '../library/library.ts';
import { Trials } from '../library/trials.ts';
import { saysRate } from '../media/picture-header.ts';
import type { RememberingProbe } from '../media/remembering-probe.ts';
import { isClipThere } from '../media/sequence.ts';
import { rememberingFacts } from '../models/facts.ts';
import type { Plugins } from '../plugins/plugins.ts';
import { Previews } from '../previews/previews.ts';
import { Backups } from '../project/backups.ts';
import { clipRefOf } from '../project/clip-ref.ts';
import { type ProjectRef, projectAt, projectPath } from '../project/file.ts';
import { NetworkPlaces } from '../project/places.ts';
import { findClip } from '../project/relink.ts';
import { ProjectSession } from '../project/session.ts';
import { maskPicture } from '../queue/mask-picture.ts';
import { RenderQueue } from '../queue/queue.ts';
import type { JobStore } from '../queue/store.ts';
import type { Supervisor } from '../queue/supervisor.ts';
import { Watch } from '../queue/watch.ts';
import { Review } from '../review/review.ts';
import type { Handlers } from '../serve.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import { done, either, seldom } from './calling.ts';
import { deliveryHandlers } from './delivery.ts';
import { farmCalls } from './farm.ts';
import { frameHandlers } from './frames.ts';
import { JobPlugins } from './job-plugins.ts';
import { libraryCalls } from './library.ts';
import { planHandlers } from './plans.ts';
import { requiring } from './requiring.ts';
import { takeHandlers } from './takes.ts';
import { timelineHandlers } from './timelines.ts';
import { upscalersFor } from './upscalers.ts';

export interface DesktopParts {
  readonly paths: DataPaths;
  /** That of renders too: what was read for the window is not read again. */
  readonly probe: RememberingProbe;
  /** Null where the disk has no room for them. */
  readonly cache: ArtefactStore | null;
  readonly store: JobStore | null;
  readonly supervisor: Supervisor;
  readonly plugins: Pick<Plugins, 'list' | 'runFor'>;
  readonly emit: (event: DesktopEvent | JobEvent) => void;
}

export interface Desktop {
  readonly handlers: Handlers<DesktopContract>;
  /** Keeps what is under way for the next session and ends it. */
  stop(): Promise<void>;
}

export function createDesktop(parts: DesktopParts): Desktop {
  const { paths, probe, cache, store, supervisor, plugins, emit } = parts;
  const places = new NetworkPlaces(join(paths.dir, 'places.json'));
  const backups = new Backups(join(paths.dir, 'backups'));
  let backupsFail = false;
  const backUp = async (where: ProjectRef, document: ProjectDocument) => {
    try {
      await backups.keep(where, document);
      backupsFail = false;
    } catch (error) {
      // The project itself is saved. Told once, not with every autosave.
      if (!backupsFail) emit({ kind: 'warning', job: null, message: `No backup: ${errorLine(error)}` });
      backupsFail = true;
    }
  };
  const project = new ProjectSession({
    allows: (path) => places.allows(path),
    pluginFile: async (path) => {
      const same = samePluginFile(path, await plugins.list());
      const here = same && join(same.folder, ...same.parts);
      return here !== null && existsSync(here) ? here : null;
    },
    onSaved: (where, document) => void backUp(where, document),
  });
  const previews = new Previews({ dir: join(paths.dir, 'previews'), probe, emit });
  const trials = new Trials(join(paths.dir, 'trials.json'));
  const library = new Library({
    trials,
    file: join(paths.dir, 'bundles.json'),
    headers: new KnownHeaders(join(paths.dir, 'headers.sqlite'), (message) =>
      emit({ kind: 'warning', job: null, message }),
    ),
    allows: (path) => places.allows(path),
    onChange: () => emit({ kind: 'library' }),
  });
  const facts = rememberingFacts(cache?.digests);
  const review = new Review({ store: cache, allows: (path) => places.allows(path) });
  const watch = new Watch();
  const jobPlugins = new JobPlugins(plugins, (where) => project.switchesOf(where));
  let opened: RenderQueue | null = null;
  /** Goes on with what waits as soon as it is first asked for, whichever project is open. */
  const queue = (): RenderQueue => {
    if (!store)
      throw new AppError('disk-full', 'there is no queue, for the disk is full', { doing: 'rendering' });
    opened ??= new RenderQueue({
      store,
      supervisor,
      watch,
      emit,
      file: (where, take) => project.file(where, take),
      probe,
      onBegin: (job) => jobPlugins.lend(job),
      onEnd: () => void jobPlugins.giveBack(),
    });
    return opened;
  };
  /** The queue hears where the project lies, and brings in what waited for it. The project is open either way. */
  const shown = async (work: Promise<OpenedProject>): Promise<OpenedProject> => {
    const answer = await work;
    probe.runAt(Object.values(answer.document.clips));
    if (!store) return answer;
    const shots = answer.document.timeline.filter(({ kind }) => kind === 'shot').map(({ id }) => id);
    try {
      queue().found({ id: answer.id, path: answer.path }, shots);
      farm.found({ id: answer.id, path: answer.path });
      return project.merged(answer);
    } catch (error) {
      emit({ kind: 'warning', job: null, message: errorLine(error) });
      return answer;
    }
  };
  /** Long file work for the open project. */
  let errands = new AbortController();

  const { requireShown, requireKnown } = requiring(places, project);
  const farm = farmCalls({
    ...{ paths, store, cache, probe, library, project, places, requireKnown, emit },
    openQueue: () => opened,
    errand: () => errands.signal,
  });
  const fromLibrary = libraryCalls({ library, previews, places, errand: () => errands.signal, emit });
  const handlers: Handlers<DesktopContract> = {
    'project.create': async ({ path, name }) => {
      await places.accept(path);
      return shown(project.create(path, name));
    },
    'project.open': async ({ path }) => {
      await places.accept(path);
      return shown(project.open(path));
    },
    'project.read': async ({ path }) => {
      await places.accept(path);
      return projectAt(path);
    },
    'project.save': async ({ project: id, document }) => {
      // A page that still shows another project must not write it into this one's file.
      project.known(id, 'saving');
      probe.runAt(Object.values(document.clips));
      return done(project.save(document));
    },
    'project.saveAs': async ({ path, document }) => {
      const from = project.ref;
      await places.accept(path);
      const answer = await project.saveAs(path, document);
      if (from && store) {
        const to = { id: answer.id, path: answer.path };
        queue().readdress(from.id, to);
        farm.readdress(from.id, to);
      }
      return answer;
    },
    'project.collect': async ({ folder }, signal) => {
      await requireWorkFolder(folder, 'collecting the project');
      return project.collect(folder, {
        signal: either(errands.signal, signal),
        onProgress: (fraction) => emit({ kind: 'import-progress', path: folder, what: 'collect', fraction }),
      });
    },
    'project.close': async () => {
      errands.abort();
      errands = new AbortController();
      const closing = opened;
      opened = null;
      await Promise.all([project.close(), previews.stop(), closing?.stop(), farm.stop()]);
      return null;
    },
    'project.relink': async ({ clip, folder }, signal) => {
      await places.accept(folder);
      await requireSearchFolder(folder, 'finding the clip');
      return { path: await findClip(clip, folder, { signal: either(errands.signal, signal) }) };
    },
    'project.reach': async ({ path }) => {
      await places.accept(path);
      return { found: isClipThere(path) };
    },
    'backups.list': () => backups.list(),
    'backups.open': async ({ backup, path }) => {
      const document = backups.read(backup);
      const name = basename(projectPath(path), '.retake');
      return shown(project.createWith(path, { ...document, name }));
    },

    'clip.import': async ({ path, usualRate }, signal) => {
      await places.accept(path);
      const tell = (fraction: number) => emit({ kind: 'import-progress', path, what: 'reading', fraction });
      try {
        const usual = (usualRate && parseRate(usualRate)) || undefined;
        const info = await probe(path, either(errands.signal, signal), {
          onFraction: seldom(tell),
          usualRate: usual,
        });
        const isRateGuessed = usual === undefined && !saysRate(info);
        return { ref: await clipRefOf(info), info, isRateGuessed };
      } finally {
        tell(1);
      }
    },
    'clip.cuts': async ({ path, sensitivity }, signal) => {
      await places.require(path, 'finding shots');
      return { cuts: await unlessCancelled(previews.cuts(path, sensitivity), signal) };
    },
    'clip.mask': async ({ clip, mask, frame, bundle, size, flow }, signal) => {
      await requireKnown([clip.path, bundle, flow], { guide: { mask } }, 'showing a mask');
      const folder = await library.modelAt(bundle).catch((error: unknown) => {
        if (bundle === null && error instanceof AppError) return null;
        throw error;
      });
      const of = { clip: clip.path, mask, frame, bundle: folder, size, flow };
      return maskPicture(of, { cache, probe, facts }, either(errands.signal, signal));
    },
    'clip.preview': async ({ path }, signal) => {
      await requireShown(path, 'showing a clip');
      return unlessCancelled(previews.preview(path), signal);
    },

    ...frameHandlers({
      ...{ library, places, previews, probe, requireShown, emit },
      errand: () => errands.signal,
    }),
    ...planHandlers({
      ...{ paths, cache, store, supervisor, probe, facts, library, trials, previews, queue, requireKnown },
      ...{ errand: () => errands.signal, emit },
    }),
    'queue.add': async (request) => {
      const where = project.known(request.project, 'rendering');
      for (const { shot, clip } of request.shots) {
        await requireKnown([clip.path, request.bundle], shot.settings, 'rendering');
      }
      await places.accept(request.takesFolder);
      await requireWorkFolder(request.takesFolder, 'choosing the folder of the takes');
      return queue().add({ ...request, project: where, bundle: await library.modelAt(request.bundle) });
    },
    'queue.list': async () => queue().list(),
    'queue.pause': async ({ paused }) => done(queue().pause(paused)),
    'queue.move': async ({ id, before }) => done(queue().move(id, before)),
    'queue.cancel': async ({ id }) => done(queue().cancel(id)),
    'queue.retry': async ({ id }) => done(queue().retry(id)),
    'queue.clear': async () => done(queue().clear()),
    'queue.watch': async (watched) => done(watch.set(watched)),

    ...farm.handlers,

    'take.delete': async ({ path }) => ({ undo: await project.deleteTake(path) }),
    'take.restore': async ({ undo }) => ({ path: await project.restoreTake(undo) }),

    ...takeHandlers({ review, places, errand: () => errands.signal, emit }),
    ...timelineHandlers({ project, places, probe, opens: shown, errand: () => errands.signal }),
    ...deliveryHandlers({
      ...{ project, places, probe, requireShown, emit },
      ...{ enlargers: upscalersFor(cache?.digests), errand: () => errands.signal },
    }),

    ...fromLibrary.handlers,
  };

  return {
    handlers,
    async stop() {
      fromLibrary.stop();
      errands.abort();
      library.stop();
      await Promise.all([opened?.stop(), previews.stop(), farm.stop()]);
      await project.close();
    },
  };
}
