/** A model tried on three frames of the shot in hand, before it is trusted with hours. */

import type { LibraryEntry } from '../../common/contract/library.ts';
import { Cancelled, errorLine } from '../../common/errors.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { mergeGroups } from '../../common/settings/catalogue.ts';
import { call } from '../engine.ts';
import { getCurrentShot } from '../store/current.ts';
import { getModel } from '../store/library.ts';
import { tell } from '../store/notices.ts';
import { getDocument } from '../store/project.ts';
import { onSpeeds } from '../store/speeds.ts';
import { trialLine, tryingStore } from '../store/trying.ts';
import { getView, setView } from '../store/view.ts';
import type { Command } from './command.ts';

export function askToTry(model: string): void {
  tryingStore.setState({ about: model });
  setView({ dialog: 'trial' });
}

/** Its settings, but for those that suit a model which is not the project's. */
function shotFor(shot: Shot, model: LibraryEntry): Shot {
  if (getModel()?.path === model.path) return shot;
  return { ...shot, settings: mergeGroups(shot.settings, model.settings) as Shot['settings'] };
}

export async function tryModel(model: LibraryEntry): Promise<void> {
  if (tryingStore.getState().running) return;
  const { item: shot } = getCurrentShot() ?? refuse('trying a model', 'no shot is chosen');
  const { clips, provider } = getDocument();
  const clip = clips[shot.clipId] ?? refuse(shot.name, 'its clip is not there');
  const abort = new AbortController();
  tryingStore.setState({ running: { model: model.path, abort }, fraction: 0, fault: null });
  try {
    const request = { shot: shotFor(shot, model), clip, bundle: model.path, provider };
    const answer = await call('model.try', request, abort.signal);
    tryingStore.setState({ tried: { model: model.path, answer } });
    onSpeeds();
    if (getView().dialog !== 'trial') tell(`${model.name} ${trialLine(answer.trial)}`);
  } catch (error) {
    if (error instanceof Cancelled) return;
    tryingStore.setState({ fault: { model: model.path, text: errorLine(error) } });
    if (getView().dialog !== 'trial') throw error;
  } finally {
    tryingStore.setState({ running: null });
  }
}

export function stopTrying(): void {
  tryingStore.getState().running?.abort.abort();
}

export const tryModelCommand: Command = {
  id: 'model.try',
  name: 'Test render of 3 frames…',
  group: 'Takes',
  keys: [],
  run() {
    const model = getModel() ?? refuse('trying a model', 'there is no model to render with');
    askToTry(model.path);
  },
};
