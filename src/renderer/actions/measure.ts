/** Times some calls of the model for a shot, so that its forecast can tell how long it takes. */
import { Cancelled } from '../../common/errors.ts';
import type { Shot } from '../../common/project/document.ts';
import { refuse } from '../../common/project/edits.ts';
import { call } from '../engine.ts';
import { getDocument } from '../store/project.ts';
import { onSpeeds, speedsStore } from '../store/speeds.ts';

/** Of the first that is not known of these shots; the others are asked about again then. */
export async function measureSpeed(shots: readonly Shot[]): Promise<void> {
  if (speedsStore.getState().measuring) return;
  const measuring = new AbortController();
  speedsStore.setState({ measuring });
  const { clips, bundle, provider } = getDocument();
  try {
    for (const shot of shots) {
      const clip = clips[shot.clipId] ?? refuse(shot.name, 'its clip is not there');
      const request = { shot, clip, bundle, provider };
      const { speed } = await call('render.plan', request, measuring.signal);
      if (speed !== 'known') await call('render.measure', request, measuring.signal);
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
  } finally {
    speedsStore.setState({ measuring: null });
    onSpeeds();
  }
}

export function stopMeasuring(): void {
  speedsStore.getState().measuring?.abort();
}
