/** Joins the stores to the engine: its events, its state, takes that it filed. */
import type { DesktopEvent, Events } from '../../common/contract/events.ts';
import { shotOf } from '../../common/project/positions.ts';
import { call, onEngineEvent, onEngineState, shell } from '../engine.ts';
import { count } from '../words.ts';
import { startAutosave } from './autosave.ts';
import { onDescribing } from './describing.ts';
import { onDelivery } from './exporting.ts';
import { changeFarm, followDrivers, loadFarm } from './farm.ts';
import { onJobEvent, setQueue } from './jobs.ts';
import { followLibrary } from './library.ts';
import { followMethods } from './methods.ts';
import { attempt, tell } from './notices.ts';
import { followPanels } from './panels.ts';
import { followPlugins } from './plugins.ts';
import { getDocument, getOpened, takeIn } from './project.ts';
import { onReview } from './quality.ts';
import { setEngineState } from './session.ts';
import { keepInHand } from './settle.ts';
import { onSpeeds } from './speeds.ts';
import { followTimelineWays } from './timeline-ways.ts';
import { onTrial } from './trying.ts';

type TakeEvent = Extract<DesktopEvent, { kind: 'take' }>;

/** A take is in its project's file; the open project takes it in, another one has it when it is opened. */
function onTake({ project, label, take }: TakeEvent): void {
  const opened = getOpened();
  const isHere = opened?.id === project.id;
  if (isHere) takeIn([take]);
  const shot = isHere ? shotOf(getDocument(), take.shotId) : null;
  const name = getDocument().takes[take.id]?.name;
  const line =
    isHere && name
      ? `${shot?.name ?? label}: ${name} is ready`
      : `${project.name}: a take of ${label} is ready`;
  tell(line);
  if (!globalThis.document.hasFocus()) notifyReady(line);
}

const TOGETHER_MS = 2000;
let ready: string[] = [];

/** Of a farm, hundreds may come home at once: what comes together is one message of the system. */
function notifyReady(line: string): void {
  ready.push(line);
  if (ready.length > 1) return;
  setTimeout(() => {
    const lines = ready;
    ready = [];
    shell().notify('Take ready', lines.length > 1 ? `${count(lines.length, 'take')} are ready` : line);
  }, TOGETHER_MS);
}

function onFarm(event: Extract<DesktopEvent, { kind: 'farm' }>): void {
  for (const { line, tone } of changeFarm(event)) {
    tell(line, tone);
    if (!globalThis.document.hasFocus()) shell().notify('Farm', line);
  }
}

function onEvent(event: Events): void {
  if (event.kind === 'take') onTake(event);
  else if (event.kind === 'warning') tell(event.message);
  else if (event.kind === 'review') onReview(event);
  else if (event.kind === 'describing') onDescribing(event);
  else if (event.kind === 'delivery') onDelivery(event.progress);
  else if (event.kind === 'farm') onFarm(event);
  else if (event.kind === 'speeds') onSpeeds();
  else if (event.kind === 'trial') onTrial(event.progress);
  else onJobEvent(event);
}

/** Starts listening; returns what stops it. */
export function connect(): () => void {
  const stops = [
    onEngineEvent(onEvent),
    onEngineState((state, why) => {
      setEngineState(state, why);
      if (state !== 'up') return;
      void loadFarm();
      void resumeProject();
    }),
    startAutosave(),
    followLibrary(),
    followMethods(),
    followDrivers(),
    followPlugins(),
    followTimelineWays(),
    followPanels(),
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
  // The engine may have filed a take and died before it said so.
  takeIn(Object.values(reopened.document.takes));
  await attempt(call('project.save', { project: reopened.id, document: getDocument() }));
  const queue = await attempt(call('queue.list', null));
  if (queue) setQueue(queue.entries, queue.paused);
}
