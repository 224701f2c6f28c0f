/** Answers calls for timelines of other programs. */
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import { requireWorkFolder } from '../folders.ts';
import { exportTimeline } from '../interchange/export.ts';
import type { Probe } from '../media/remembering-probe.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { ProjectSession } from '../project/session.ts';
import type { Handlers } from '../serve.ts';
import { either, seldom } from './calling.ts';

interface TimelineParts {
  readonly project: ProjectSession;
  readonly places: NetworkPlaces;
  readonly probe: Probe;
  readonly requireShown: (path: string, doing: string) => Promise<void>;
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent) => void;
}

const DOING = 'exporting the timeline';

export function timelineHandlers({
  project,
  places,
  probe,
  requireShown,
  errand,
  emit,
}: TimelineParts): Pick<Handlers<DesktopContract>, 'timeline.export'> {
  return {
    'timeline.export': async ({ project: id, ...request }, signal) => {
      project.known(id, DOING);
      const { document, folder } = request;
      for (const { path } of Object.values(document.clips)) await places.require(path, DOING);
      for (const { path } of Object.values(document.takes)) await requireShown(path, DOING);
      await places.accept(folder);
      await requireWorkFolder(folder, DOING);
      const tell = (fraction: number) =>
        emit({ kind: 'import-progress', path: folder, what: 'export', fraction });
      return exportTimeline(request, { probe, signal: either(errand(), signal), onFraction: seldom(tell) });
    },
  };
}
