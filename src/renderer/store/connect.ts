/** Joins the stores to the engine: its events, its state, takes that it finished. */
import type { DesktopEvent, Events } from '../../common/contract/events.ts';
import { shotSettings, type Take } from '../../common/project/document.ts';
import { addTake, takesOf } from '../../common/project/edits-takes.ts';
import { shotOf } from '../../common/project/positions.ts';
import { call, onEngineEvent, onEngineState, shell } from '../engine.ts';
import { startAutosave } from './autosave.ts';
import { onJobEvent, setQueue } from './jobs.ts';
import { attempt, tell } from './notices.ts';
import { beside, getDocument, getOpened } from './project.ts';
import { setEngineState } from './session.ts';
import { keepInHand } from './settle.ts';

type TakeEvent = Extract<DesktopEvent, { kind: 'take' }>;

/** The entry of a finished render in the document. */
export function takeOf({ entry, report }: TakeEvent, number: number): Take {
  const { settings, range } = report;
  return {
    id: entry.id,
    shotId: entry.shotId,
    name: `Take ${number}`,
    rating: 0,
    path: report.take.path,
    createdAt: Date.now(),
    start: range.start,
    end: range.end,
    anchor: settings.anchor,
    settings: shotSettings.strip().parse(settings),
    bundle: report.bundle.name,
    seconds: report.seconds.total,
    reconstruction: report.inversion.reconstruction?.minPsnr ?? null,
  };
}

function onTake(event: TakeEvent): void {
  if (event.entry.preview || !getOpened()) return;
  const document = getDocument();
  if (document.takes[event.entry.id]) return;
  const take = takeOf(event, takesOf(document, event.entry.shotId).length + 1);
  beside('Take', (draft) => addTake(draft, take, true));
  const shot = shotOf(document, take.shotId);
  tell(`${shot?.name ?? 'A shot'}: ${take.name} is ready`);
  if (!globalThis.document.hasFocus())
    shell().notify('Take ready', `${shot?.name ?? 'A shot'}: ${take.name}`);
}

function onEvent(event: Events): void {
  if (event.kind === 'take') onTake(event);
  else if (event.kind === 'warning') tell(event.message);
  else if (event.kind !== 'started' && event.kind !== 'progress') onJobEvent(event);
}

/** Starts listening; returns what stops it. */
export function connect(): () => void {
  const stops = [
    onEngineEvent(onEvent),
    onEngineState((state, why) => {
      setEngineState(state, why);
      if (state === 'up') void resumeProject();
    }),
    startAutosave(),
    keepInHand(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** A fresh engine knows neither our project nor our queue; what it has not saved yet we still hold. */
async function resumeProject(): Promise<void> {
  const opened = getOpened();
  if (!opened) return;
  const reopened = await attempt(call('project.open', { path: opened.path }));
  if (!reopened) return;
  await attempt(call('project.save', { document: getDocument() }));
  const queue = await attempt(call('queue.list', null));
  if (queue) setQueue(queue.entries, queue.paused);
}
