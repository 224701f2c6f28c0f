/** Clips probed once while their files stay as they are: a probe may decode the whole clip. */
import type { ClipInfo } from '../../../common/media.ts';
import { probeClip } from './probe.ts';
import { stampOf } from './sequence.ts';

export type Probe = (
  path: string,
  signal?: AbortSignal,
  onFraction?: (fraction: number) => void,
) => Promise<ClipInfo>;

const MOST = 500;

export function rememberingProbe(): Probe {
  const known = new Map<string, ClipInfo>();
  return async (path, signal, onFraction) => {
    const key = stampOf(path);
    const found = key === null ? undefined : known.get(key);
    if (found) return found;
    const clip = await probeClip(path, { signal, onFraction });
    if (known.size >= MOST) known.clear();
    if (key !== null) known.set(key, clip);
    return clip;
  };
}
