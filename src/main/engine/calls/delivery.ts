/** Answers what is asked of exports. */
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DeliveryProgress, DeliveryRequest } from '../../../common/contract/delivery.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import { wordsIn } from '../../../common/delivery/name-words.ts';
import { pluginOf } from '../../../common/plugins/ids.ts';
import { holdPlugins } from '../../../common/plugins/in-use.ts';
import { requireOnHere } from '../../../common/plugins/used.ts';
import { type DeliveryContext, deliver, foresee } from '../delivery/delivery.ts';
import type { Enlargers } from '../delivery/enlarge.ts';
import { replaceSource } from '../delivery/in-place.ts';
import { forgetPartial } from '../delivery/partial.ts';
import { requireWorkFolder } from '../folders.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { lendersOf } from '../models/contributed.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { ProjectSession } from '../project/session.ts';
import type { Handlers } from '../serve.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import { either, seldom } from './calling.ts';

interface DeliveryParts {
  readonly project: ProjectSession;
  readonly places: NetworkPlaces;
  readonly probe: Probe;
  readonly requireShown: (path: string, doing: string) => Promise<void>;
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent) => void;
  readonly enlargers: Enlargers;
}

type DeliveryCall = 'delivery.foresee' | 'delivery.run' | 'delivery.forget' | 'delivery.inPlace';

const DOING = 'exporting';

export function deliveryHandlers({
  project,
  places,
  probe,
  requireShown,
  errand,
  emit,
  enlargers,
}: DeliveryParts): Pick<Handlers<DesktopContract>, DeliveryCall> {
  const known = async ({ project: id, document }: Pick<DeliveryRequest, 'project' | 'document'>) => {
    project.known(id, DOING);
    for (const { path } of Object.values(document.clips)) await places.require(path, DOING);
    for (const { path } of Object.values(document.takes)) await requireShown(path, DOING);
  };
  const allowed = async (request: DeliveryRequest) => {
    const { folder, document, timelines, media } = request;
    if (media.as === 'made' && media.upscaler !== undefined) await places.require(media.upscaler, DOING);
    requireOnHere(document, timelines?.formats ?? [], DOING);
    await known(request);
    await places.accept(folder);
    await requireWorkFolder(folder, 'choosing the folder');
  };
  const telling = () =>
    seldom<DeliveryProgress>(
      (progress) => emit({ kind: 'delivery', progress }),
      ({ frame, frames }) => frame === frames,
    );
  const contextOf = (signal: AbortSignal | undefined): DeliveryContext => ({
    probe,
    enlargers,
    signal: either(errand(), signal),
  });
  /** A long clip is read on for the next to ask, who has changed a word in the sheet. */
  const goingOn: Probe = (path, asked, how) => unlessCancelled(probe(path, errand(), how), asked);
  return {
    'delivery.foresee': async (request, signal) => {
      await allowed(request);
      return foresee(request, { ...contextOf(signal), probe: goingOn });
    },
    'delivery.run': async (request, signal) => {
      await allowed(request);
      const ids = [...(request.timelines?.formats ?? []), ...wordsIn(request.names ?? '')];
      const upscaler = request.media.as === 'made' ? (request.media.upscaler ?? null) : null;
      // Timelines are written last, after hours of takes.
      using _uses = holdPlugins(
        [...ids.map(pluginOf).filter((id) => id !== null), ...lendersOf(upscaler)],
        'an export',
      );
      return await deliver(request, { ...contextOf(signal), onProgress: telling() });
    },
    'delivery.forget': async ({ project: id, folder }) => {
      project.known(id, DOING);
      await places.accept(folder);
      await requireWorkFolder(folder, 'choosing the folder');
      return forgetPartial(folder);
    },
    'delivery.inPlace': async (request, signal) => {
      await known(request);
      return replaceSource(request, { ...contextOf(signal), onProgress: telling() });
    },
  };
}
