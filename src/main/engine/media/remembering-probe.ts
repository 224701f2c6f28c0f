/** Clips probed once while their files stay as they are: a probe may decode the whole clip. */
import { throwIfCancelled } from '../../../common/errors.ts';
import type { ClipInfo, Rational } from '../../../common/media.ts';
import { runOfPattern } from '../../../common/sequence.ts';
import { formatRational } from '../../../common/time/rational.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import { type ProbeOptions, probeClip } from './probe.ts';
import { stampOf } from './sequence.ts';

interface ProbeHow {
  /** Told while a long file is decoded whole. */
  readonly onFraction?: ((fraction: number) => void) | undefined;
  /** Of pictures; else the rate that their project has. A movie is refused with it. */
  readonly rate?: Rational | undefined;
  /** Of pictures for which nobody says one. */
  readonly usualRate?: Rational | undefined;
}

export type Probe = (path: string, signal?: AbortSignal, how?: ProbeHow) => Promise<ClipInfo>;

export interface RememberingProbe extends Probe {
  /** These clips run at the rates that their project has; of movies, which know theirs, nothing is believed. */
  runAt(clips: Iterable<{ readonly path: string; readonly rate: Rational }>): void;
}

const MOST = 500;

/** Who asks for what is being read already waits for that. @param read by default as it is; wrapped, to count */
export function rememberingProbe(read: typeof probeClip = probeClip): RememberingProbe {
  const known = new Map<string, ClipInfo>();
  const underWay = new Map<string, Reading>();
  const rates = new Map<string, Rational>();
  const runAt: RememberingProbe['runAt'] = (clips) => {
    for (const { path, rate } of clips) if (runOfPattern(path)) rates.set(path, rate);
  };
  const probe: Probe = async (path, signal, how = {}) => {
    const { onFraction, usualRate } = how;
    const rate = how.rate ?? rates.get(path);
    const stamp = stampOf(path);
    if (stamp === null) return read(path, { signal, onFraction, rate, usualRate });
    const key = [rate ? `at ${formatRational(rate)}` : usualRate && formatRational(usualRate), stamp].join(
      '\n',
    );
    const found = known.get(key);
    if (found) return found;
    throwIfCancelled(signal);
    let reading = underWay.get(key);
    if (!reading) {
      reading = new Reading((more) => read(path, { ...more, rate, usualRate }));
      underWay.set(key, reading);
      reading.onEnd(() => underWay.get(key) === reading && underWay.delete(key));
    }
    const clip = await reading.wait(signal, onFraction);
    // A folder's clip is named by its pattern, and may be in the project already.
    if (!how.rate && clip.sequence && clip.path !== path && rates.has(clip.path))
      return probe(clip.path, signal);
    if (clip.sequence && usualRate) runAt([clip]);
    if (known.size >= MOST) known.clear();
    known.set(key, clip);
    return clip;
  };
  return Object.assign(probe, { runAt });
}

/** A probe that several may wait for; it is given up when nobody does any more. */
class Reading {
  readonly #abort = new AbortController();
  readonly #told = new Set<(fraction: number) => void>();
  readonly #clip: Promise<ClipInfo>;
  readonly #ends: (() => void)[] = [];
  #waiting = 0;

  constructor(read: (how: Pick<ProbeOptions, 'signal' | 'onFraction'>) => Promise<ClipInfo>) {
    const onFraction = (fraction: number) => {
      for (const tell of this.#told) tell(fraction);
    };
    this.#clip = read({ signal: this.#abort.signal, onFraction });
    this.#clip.then(
      () => this.#end(),
      () => this.#end(),
    );
  }

  /** When it is read, or nobody waits. */
  onEnd(end: () => void): void {
    this.#ends.push(end);
  }

  #end(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  /** @throws Cancelled by the signal; what reading throws */
  async wait(signal?: AbortSignal, onFraction?: (fraction: number) => void): Promise<ClipInfo> {
    this.#waiting += 1;
    if (onFraction) this.#told.add(onFraction);
    try {
      return await unlessCancelled(this.#clip, signal);
    } finally {
      this.#waiting -= 1;
      if (onFraction) this.#told.delete(onFraction);
      if (this.#waiting === 0) {
        this.#end();
        this.#abort.abort();
        await this.#clip.catch(() => {});
      }
    }
  }
}
