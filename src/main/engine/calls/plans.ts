/** Answers what is asked of renders before there are any: what they would cost, and whether a model can do them. */
import { join } from 'node:path';
import type { z } from 'zod';
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import type { Progress } from '../../../common/contract/jobs.ts';
import { throwIfCancelled } from '../../../common/errors.ts';
import type { FrameRange } from '../../../common/media.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { DataPaths } from '../data-paths.ts';
import type { Library } from '../library/library.ts';
import type { Trials } from '../library/trials.ts';
import type { Probe } from '../media/remembering-probe.ts';
import type { ReadFacts } from '../models/facts.ts';
import type { Previews } from '../previews/previews.ts';
import { createPlanner } from '../queue/plan.ts';
import type { RenderQueue } from '../queue/queue.ts';
import { requestOf } from '../queue/request.ts';
import type { JobStore } from '../queue/store.ts';
import type { Supervisor } from '../queue/supervisor.ts';
import { trialFrames, tryModel } from '../queue/trial.ts';
import type { Handlers } from '../serve.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import { either } from './calling.ts';
import type { requiring } from './requiring.ts';

interface PlanParts {
  readonly paths: DataPaths;
  readonly cache: ArtefactStore | null;
  readonly store: JobStore | null;
  readonly supervisor: Supervisor;
  readonly probe: Probe;
  readonly facts: ReadFacts;
  readonly library: Library;
  readonly trials: Trials;
  readonly previews: Previews;
  readonly queue: () => RenderQueue;
  readonly requireKnown: ReturnType<typeof requiring>['requireKnown'];
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent) => void;
}

type Planned = z.output<DesktopContract['render.plan']['input']>;
type PlanCall = 'render.plan' | 'render.measure' | 'model.try';

export function planHandlers({
  paths,
  cache,
  store,
  supervisor,
  probe,
  facts,
  library,
  trials,
  previews,
  queue,
  requireKnown,
  errand,
  emit,
}: PlanParts): Pick<Handlers<DesktopContract>, PlanCall> {
  let trying = 0;
  const plan = createPlanner({
    cache,
    store,
    probe,
    facts,
    dir: paths.jobs,
    isBusy: () => supervisor.isBusy || trying > 0,
    onMeasured: () => emit({ kind: 'speeds' }),
  });
  /** A shot as a request that names no file; a plan writes nothing, nor does a trial. */
  const requestFor = async ({ shot, clip, bundle, provider }: Planned, part?: FrameRange) => {
    await requireKnown([clip.path, bundle], shot.settings, 'planning a render');
    const folder = await library.modelAt(bundle);
    const out = join(paths.dir, 'plan.mov');
    return requestOf({ shot, clip, bundle: folder, provider: provider ?? 'auto', out, part });
  };
  return {
    'render.plan': async (request, signal) => unlessCancelled(plan(await requestFor(request)), signal),
    'render.measure': async (request, signal) => plan(await requestFor(request), either(errand(), signal)),
    'model.try': async (request, given) => {
      const signal = either(errand(), given);
      const settings = await requestFor(request, trialFrames(request.shot));
      const tried = await queue().aside(async () => {
        throwIfCancelled(signal);
        // Nothing renders by now: what cannot fit is refused here.
        const planned = await plan(settings);
        trying += 1;
        try {
          const onProgress = (progress: Progress) => emit({ kind: 'trial', progress });
          return await tryModel(
            settings,
            planned,
            { cache, store, probe, dir: paths.jobs, onProgress },
            signal,
          );
        } finally {
          trying -= 1;
        }
      });
      const { bundle: path } = settings.model;
      await trials.keep(path, await library.bytesOf(path), tried.trial);
      emit({ kind: 'library' });
      const pictures = tried.pictures.map(async (one) => ({
        ...one,
        clip: await previews.frame(request.clip.path, one.frame, signal),
      }));
      return { trial: tried.trial, pictures: await Promise.all(pictures) };
    },
  };
}
