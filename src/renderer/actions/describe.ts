/** What a shot shows, in the words of a captioner: a source prompt to start from. */
import { Cancelled } from '../../common/errors.ts';
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { shotOf } from '../../common/project/positions.ts';
import { call } from '../engine.ts';
import { getCurrentShot } from '../store/current.ts';
import { describingStore } from '../store/describing.ts';
import { getUsableEstimators } from '../store/estimators.ts';
import { refreshLibrary } from '../store/library.ts';
import { tell } from '../store/notices.ts';
import { change, getDocument } from '../store/project.ts';
import type { Command } from './command.ts';

const DOING = 'describing the first frame';
export const NO_CAPTIONER = 'Install a plugin with a captioner, or add the folder of one to the library.';

/** @param captioner its folder. What was written there before is a step of the history back */
export async function describeFirstFrame(shotId: string, captioner: string): Promise<void> {
  if (describingStore.getState().running) refuse(DOING, 'another shot is being described');
  const shot = shotOf(getDocument(), shotId) ?? refuse(DOING, 'the shot is gone');
  const clip = getDocument().clips[shot.clipId] ?? refuse(shot.name, 'its clip is not there');
  const abort = new AbortController();
  describingStore.setState({ running: { shotId, abort }, fraction: 0 });
  try {
    const { text, cut } = await call(
      'clip.describe',
      { path: clip.path, frame: shot.start, estimator: captioner },
      abort.signal,
    );
    if (!shotOf(getDocument(), shotId)) return;
    change({
      name: 'Describe the first frame',
      edit: (draft) => setSettings(draft, [shotId], { prompts: { source: text } }),
    });
    if (cut) tell(`${shot.name}: the description was cut short, it would have been longer`);
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
  } finally {
    describingStore.setState({ running: null });
  }
}

export function stopDescribing(): void {
  describingStore.getState().running?.abort.abort();
}

export const describeCommand: Command = {
  id: 'shot.describe',
  name: 'Describe the first frame',
  group: 'Edit',
  keys: [],
  async run() {
    const { item } = getCurrentShot() ?? refuse(DOING, 'no shot is chosen');
    await refreshLibrary();
    const [captioner, another] = getUsableEstimators('captioner');
    if (!captioner) refuse(DOING, 'there is no captioner', NO_CAPTIONER);
    if (another) refuse(DOING, 'there are several captioners', 'Choose one beside the field of the prompt.');
    await describeFirstFrame(item.id, captioner.path);
  },
};
