/** Chooses what computes: what onnxruntime was built with says little, so each candidate is tried and timed. */
import pLimit from 'p-limit';
import { AppError } from '../../../common/errors.ts';
import { fastest } from '../../../common/providers.ts';
import { PROVIDERS } from '../../../common/settings/model.ts';
import { trialWidth } from '../../trial.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import type { Provider } from './ort.ts';
import { probe, type Trial, USUAL_WIDTH } from './probe.ts';
import type { Timings } from './timings.ts';

export type WantedProvider = (typeof PROVIDERS)[number];

export interface ProviderChoice {
  readonly provider: Provider;
  /** All that were asked, the processor last. */
  readonly tried: readonly Trial[];
  /** Whether several frames in one call take less than one by one. */
  readonly together: boolean;
}

interface For {
  /** Channels of the first level of the network that is to run; Stable Diffusion's unless said. */
  readonly width?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What each platform has. Asking the others would cost a process each. */
export function candidates(platform: NodeJS.Platform): Provider[] {
  if (platform === 'darwin') return ['coreml', 'webgpu'];
  return platform === 'win32' ? ['cuda', 'dml', 'webgpu'] : ['cuda', 'webgpu'];
}

/** By provider and width: an answer holds for the process, whoever asked. */
const trials = new Map<string, Promise<Trial>>();
/** Side by side they would slow each other. */
const oneByOne = pLimit(1);
let timings: (() => Timings) | null = null;

/** From now on what was timed is kept there, and not timed again by another process. */
export function keepTimings(place: () => Timings): void {
  timings = place;
}

function tryOnce(provider: Provider, width: number): Promise<Trial> {
  const key = `${provider} ${width}`;
  const known = trials.get(key) ?? oneByOne(() => tryAndKeep(provider, width));
  trials.set(key, known);
  return known;
}

/** What was timed before is only tried: whether it works may have changed. */
async function tryAndKeep(provider: Provider, width: number): Promise<Trial> {
  const place = timings?.();
  const known = provider === 'cpu' ? null : (place?.get(provider, width) ?? null);
  const trial = await probe(provider, {}, { width, timed: known === null });
  if (known && trial.ok) return { ...trial, ...known, reason: `${trial.reason}, ${inWords(known)}` };
  const { call, cpu, together } = trial;
  if (provider !== 'cpu' && trial.ok && call !== null && cpu !== null)
    place?.set(provider, width, { call, cpu, together });
  return trial;
}

function inWords({ call, cpu }: { readonly call: number; readonly cpu: number }): string {
  return `${call.toFixed(1)} ms a call against ${cpu.toFixed(1)} ms on the processor when it was timed`;
}

/**
 * `auto` takes the fastest that works, with the numbers that the processor gives. A wish is granted or refused, never replaced.
 * @throws AppError provider-unavailable with the reason; Cancelled
 */
export async function chooseProvider(wanted: WantedProvider, options: For = {}): Promise<ProviderChoice> {
  const width = trialWidth(options.width ?? USUAL_WIDTH);
  if (wanted === 'cpu') return { provider: 'cpu', tried: [processor([])], together: false };
  if (wanted !== 'auto') {
    const trial = await unlessCancelled(tryOnce(wanted, width), options.signal);
    if (trial.ok) return { provider: wanted, tried: [trial], together: trial.together };
    throw new AppError('provider-unavailable', `${wanted} does not work here: ${trial.reason}`, {
      doing: 'choosing what computes',
      hint: 'Choose "auto" or "cpu".',
    });
  }
  const asked: Trial[] = [];
  for (const provider of candidates(process.platform))
    asked.push(await unlessCancelled(tryOnce(provider, width), options.signal));
  const tried = [...asked, processor(asked)];
  const { provider, together } = fastest(tried)!;
  return { provider, tried, together };
}

/** It needs no trial: every other provider falls back to it, and is timed beside it. */
function processor(others: readonly Trial[]): Trial {
  const times = others.flatMap(({ cpu }) => cpu ?? []);
  return {
    provider: 'cpu',
    ok: true,
    reason: 'always available',
    milliseconds: 0,
    software: false,
    call: times.length > 0 ? Math.min(...times) : null,
    cpu: null,
    together: false,
  };
}

/**
 * Every provider with what a trial says, for listings.
 * @param again tries and times all anew, whatever is known
 */
export function probeProviders({ again = false } = {}): Promise<Trial[]> {
  if (again) {
    trials.clear();
    timings?.().clear();
  }
  const all = PROVIDERS.filter((name) => name !== 'auto');
  return Promise.all(all.map((provider) => tryOnce(provider, USUAL_WIDTH)));
}
