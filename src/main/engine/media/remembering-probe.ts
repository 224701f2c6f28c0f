/** Clips probed once while their files stay as they are: a probe may decode the whole clip. */
import type { ClipInfo, Rational } from '../../../common/media.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { probeClip } from './probe.ts';
import { stampOf } from './sequence.ts';

export type Probe = (
  path: string,
  signal?: AbortSignal,
  onFraction?: (fraction: number) => void,
  /** Of pictures for which nobody says one. */
  usualRate?: Rational,
) => Promise<ClipInfo>;

export interface RememberingProbe extends Probe {
  /** These clips run at the rates that their project has; of movies, which know theirs, nothing is believed. */
  runAt(clips: Iterable<{ readonly path: string; readonly rate: Rational }>): void;
}

const MOST = 500;

export function rememberingProbe(): RememberingProbe {
  const known = new Map<string, ClipInfo>();
  const rates = new Map<string, Rational>();
  const runAt: RememberingProbe['runAt'] = (clips) => {
    for (const { path, rate } of clips) if (runOfPattern(path)) rates.set(path, rate);
  };
  const probe: Probe = async (path, signal, onFraction, usualRate) => {
    const rate = rates.get(path);
    const stamp = stampOf(path);
    const wanted = rate ?? usualRate;
    const key = stamp === null ? null : `${wanted ? formatRational(wanted) : ''}\n${stamp}`;
    const found = key === null ? undefined : known.get(key);
    if (found) return found;
    const clip = await probeClip(path, { signal, onFraction, rate, usualRate });
    // A folder's clip is named by its pattern, and may be in the project already.
    if (clip.sequence && clip.path !== path && rates.has(clip.path)) return probe(clip.path, signal);
    if (clip.sequence && usualRate) runAt([clip]);
    if (known.size >= MOST) known.clear();
    if (key !== null) known.set(key, clip);
    return clip;
  };
  return Object.assign(probe, { runAt });
}
