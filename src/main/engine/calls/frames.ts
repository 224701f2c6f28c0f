/** Answers what is asked of one frame of a clip or a take: seen, saved, described. */
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import { holdPlugins } from '../../../common/plugins/in-use.ts';
import { requireWorkFolder } from '../folders.ts';
import type { Library } from '../library/library.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { saveStill } from '../media/still.ts';
import { lendersOf } from '../models/contributed.ts';
import { openUpscaler } from '../models/upscaler.ts';
import type { Previews } from '../previews/previews.ts';
import type { NetworkPlaces } from '../project/places.ts';
import { fileName } from '../queue/take-name.ts';
import type { Handlers } from '../serve.ts';
import { either, seldom } from './calling.ts';
import { describeFrame } from './describe.ts';
import type { requiring } from './requiring.ts';

interface FrameParts {
  readonly library: Library;
  readonly places: NetworkPlaces;
  readonly previews: Previews;
  readonly probe: Probe;
  readonly requireShown: ReturnType<typeof requiring>['requireShown'];
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent) => void;
}

type FrameCall = 'clip.frame' | 'clip.saveFrame' | 'clip.describe';

export function frameHandlers(parts: FrameParts): Pick<Handlers<DesktopContract>, FrameCall> {
  const { library, places, previews, probe, requireShown, errand, emit } = parts;
  return {
    'clip.frame': async ({ path, frame }, signal) => {
      await requireShown(path, 'showing a frame');
      return previews.frame(path, frame, signal);
    },
    'clip.saveFrame': async ({ path, frame, folder, name, larger }, signal) => {
      const doing = 'saving a frame';
      await requireShown(path, doing);
      if (larger?.upscaler) await places.require(larger.upscaler, doing);
      await places.accept(folder);
      await requireWorkFolder(folder, 'choosing the folder of the frame');
      const until = either(errand(), signal);
      const upscaler = larger && (await library.estimatorAt('upscaler', larger.upscaler, doing));
      using _uses = holdPlugins(lendersOf(upscaler), 'the enlarging of a frame');
      const model =
        upscaler === null ? null : await openUpscaler(upscaler, { provider: 'cpu', signal: until });
      try {
        const clip = await probe(path, until);
        const of = { clip, frame, folder, stem: fileName(name), change: model?.enlarge };
        return { path: await saveStill(of, until) };
      } finally {
        await model?.close();
      }
    },
    'clip.describe': async ({ path, frame, estimator }, signal) => {
      const doing = 'describing a frame';
      await requireShown(path, doing);
      if (estimator !== null) await places.require(estimator, doing);
      const captioner = await library.estimatorAt('captioner', estimator, doing);
      using _uses = holdPlugins(lendersOf(captioner), 'the describing of a frame');
      const tell = (fraction: number) => emit({ kind: 'describing', path, frame, fraction });
      return await describeFrame(
        { path, frame, captioner },
        { probe, signal: either(errand(), signal), onFraction: seldom(tell) },
      );
    },
  };
}
