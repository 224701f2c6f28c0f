/** What the panel in DaVinci Resolve may ask of the project that is open. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { OpenedProject } from '../../../common/contract/projects.ts';
import { AppError } from '../../../common/errors.ts';
import type { Engine } from '../engine.ts';
import type { DoorCalls } from './door.ts';

const DOING = 'answering DaVinci Resolve';
/** Folders of earlier answers that are kept: Resolve has read them by then. */
const KEPT = 4;
const MOST_BYTES = 200_000_000;

interface ResolveParts {
  readonly engine: () => Engine | null;
  /** Of the project in the window; null where none is. */
  readonly project: () => string | null;
  /** Where timelines for Resolve are written. */
  readonly folder: string;
  /** Shows the window what Resolve hands over. */
  readonly opens: (path: string) => void;
}

export function resolveCalls({ engine, project, folder, opens }: ResolveParts): DoorCalls {
  const opened = async () => {
    const [running, path] = [engine(), project()];
    if (!running || path === null)
      throw new AppError('usage', 'no project is open in Retake', { doing: DOING });
    // It is open: nothing is opened by this, and its last saved state is answered.
    const { id, document } = await running.call('project.open', { path });
    return { running, id, document };
  };
  return {
    async takes() {
      const { document } = await opened();
      return { project: document.name, takes: takesOf(document) };
    },
    async timeline() {
      const { running, id, document } = await opened();
      mkdirSync(folder, { recursive: true });
      forget(folder);
      const out = join(folder, `${Date.now()}`);
      const { timelines } = await running.call('delivery.run', {
        ...{ project: id, document, folder: out, what: { kind: 'timeline', range: null } },
        ...{ media: { as: 'link' }, names: null, startTimecode: null },
        timelines: { formats: ['resolve'], takes: 'all', fcpxml: '1.10' },
        ...{ resolve: true, credentials: 'none' },
      });
      const script = readdirSync(out).find((name) => name.endsWith('.lua'));
      return { timeline: timelines[0]!.path, script: join(out, script!) };
    },
    async open(path) {
      const about =
        isAbsolute(path) && /\.(fcpxml|otio)$/i.test(path)
          ? statSync(path, { throwIfNoEntry: false })
          : undefined;
      if (!about?.isFile() || about.size > MOST_BYTES)
        throw new AppError('usage', 'this is no timeline of Resolve', { doing: DOING });
      opens(path);
      return { opened: path };
    },
  };
}

function takesOf({ timeline, takes }: OpenedProject['document']): object[] {
  return timeline.flatMap((item) => {
    if (item.kind !== 'shot') return [];
    const own = Object.values(takes).filter(({ shotId }) => shotId === item.id);
    return own.map(({ id, name, path, rating, note }) => ({
      ...{ id, name, path, rating, note },
      ...{ shot: item.name, shown: id === item.takeId },
    }));
  });
}

/** All but the newest answers. */
function forget(folder: string): void {
  const old = readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .slice(KEPT - 1);
  for (const name of old) rmSync(join(folder, name), { recursive: true, force: true });
}
