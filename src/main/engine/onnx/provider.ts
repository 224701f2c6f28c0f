/** Chooses what computes: what onnxruntime was built with says little, so each candidate is tried. */
import { AppError } from '../../../common/errors.ts';
import { PROVIDERS } from '../../../common/settings/model.ts';
import type { Provider } from './ort.ts';
import { probe, type Trial } from './probe.ts';

export type WantedProvider = (typeof PROVIDERS)[number];

export interface ProviderChoice {
  readonly provider: Provider;
  /** In the order in which they were preferred; the last one was taken. */
  readonly tried: readonly Trial[];
}

/** Best first. Each works on its own platforms only, and asking the others would cost a process each. */
export function autoOrder(platform: NodeJS.Platform): Provider[] {
  if (platform === 'darwin') return ['coreml', 'webgpu'];
  return platform === 'win32' ? ['cuda', 'dml', 'webgpu'] : ['cuda', 'webgpu'];
}

const trials = new Map<Provider, Promise<Trial>>();

/** A trial outlives the caller that started it: its answer holds for the process. */
function tryOnce(provider: Provider): Promise<Trial> {
  const known = trials.get(provider) ?? probe(provider);
  trials.set(provider, known);
  return known;
}

/**
 * `auto` takes the first that works on real hardware, at last the CPU. A wish is granted or refused, never replaced.
 * @throws AppError provider-unavailable with the reason.
 */
export async function chooseProvider(wanted: WantedProvider): Promise<ProviderChoice> {
  if (wanted === 'cpu') return { provider: 'cpu', tried: [CPU] };
  if (wanted !== 'auto') {
    const trial = await tryOnce(wanted);
    if (trial.ok) return { provider: wanted, tried: [trial] };
    throw new AppError('provider-unavailable', `${wanted} does not work here: ${trial.reason}`, {
      doing: 'choosing what computes',
      hint: 'Choose "auto" or "cpu".',
    });
  }
  const tried: Trial[] = [];
  const candidates = autoOrder(process.platform);
  const answers = candidates.map(tryOnce);
  for (const answer of answers) {
    const trial = await answer;
    const usable = trial.ok && !trial.software;
    tried.push(usable ? trial : { ...trial, ok: false });
    if (usable) return { provider: trial.provider, tried };
  }
  return { provider: 'cpu', tried: [...tried, CPU] };
}

/** The CPU needs no trial: it is the provider every other one falls back to. */
const CPU: Trial = {
  provider: 'cpu',
  ok: true,
  reason: 'always available',
  milliseconds: 0,
  software: false,
};

/** Every provider with what a trial says, for listings. */
export function probeProviders(): Promise<Trial[]> {
  const all = PROVIDERS.filter((name) => name !== 'auto');
  return Promise.all(all.map(tryOnce));
}
