/** Answers what is asked of timelines of other programs. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { OpenedProject } from '../../../common/contract/projects.ts';
import { AppError } from '../../../common/errors.ts';
import { requireSearchFolder } from '../folders.ts';
import { importTimeline, lookAtTimeline } from '../interchange/import.ts';
import { timelineWays } from '../interchange/ways.ts';
import type { Probe } from '../media/remembering-probe.ts';
import { projectPath } from '../project/file.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { ProjectSession } from '../project/session.ts';
import { isReported } from '../project/take-proof.ts';
import type { Handlers } from '../serve.ts';
import { either } from './calling.ts';

interface TimelineParts {
  readonly project: ProjectSession;
  readonly places: NetworkPlaces;
  readonly probe: Probe;
  /** What else becomes of a project that is opened. */
  readonly opens: (work: Promise<OpenedProject>) => Promise<OpenedProject>;
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
}

const IMPORTING = 'opening a timeline';

export function timelineHandlers({
  project,
  places,
  probe,
  opens,
  errand,
}: TimelineParts): Pick<Handlers<DesktopContract>, 'timeline.ways' | 'timeline.look' | 'timeline.import'> {
  /** What the artist chose in a dialog or dropped. */
  const accept = async ({ path, footage }: { path: string; footage: string | null }) => {
    await places.accept(path);
    if (footage === null) return;
    await places.accept(footage);
    await requireSearchFolder(footage, IMPORTING);
  };
  const allows = (named: string) => places.allows(named);
  return {
    'timeline.ways': async () => timelineWays(),
    'timeline.look': async (request, signal) => {
      await accept(request);
      return lookAtTimeline(request, { probe, allows, signal: either(errand(), signal) });
    },
    'timeline.import': async ({ project: path, ...request }, signal) => {
      await accept(request);
      await places.accept(path);
      if (existsSync(projectPath(path)))
        throw new AppError('usage', `${basename(projectPath(path))} is there already`, {
          doing: IMPORTING,
          hint: 'Name a project that is not there yet.',
        });
      const context = { probe, allows, isTake: isReported, signal: either(errand(), signal) };
      const { document, ...told } = await importTimeline(request, context);
      return { opened: await opens(project.createWith(path, document)), ...told };
    },
  };
}
