/** What a trial of a provider says to the artist. Pure. */
import { fastest } from '../../common/providers.ts';
import type { ProviderTrial } from '../../common/report.ts';
import { sentence } from '../words.ts';

export const PROVIDER_NAMES: Readonly<Record<string, string>> = {
  auto: 'The fastest that works',
  cpu: 'Processor',
  cuda: 'NVIDIA (CUDA)',
  dml: 'DirectML (Windows)',
  coreml: 'Core ML (macOS)',
  webgpu: 'WebGPU',
};

export interface ProviderNote {
  readonly ok: boolean;
  readonly text: string;
}

/** What "auto" takes. */
export function autoNote(trials: readonly ProviderTrial[] | 'unknown' | null): string {
  const best = trials === null || trials === 'unknown' ? null : fastest(trials);
  return best
    ? `Here: ${PROVIDER_NAMES[best.provider] ?? best.provider}`
    : 'Times each and takes the fastest';
}

function softly({ software }: ProviderTrial): string {
  return software ? ' without a graphics card' : '';
}

function timesOf({ provider, call, cpu }: ProviderTrial): string {
  if (call == null) return '';
  const beside = cpu == null || provider === 'cpu' ? '' : `, the processor ${inMs(cpu)}`;
  return `: ${inMs(call)} a call${beside}`;
}

function inMs(milliseconds: number): string {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** Null trials are still running, unknown ones could not be asked for; a provider that was not tried is not part of this build. */
export function providerNote(id: string, trials: readonly ProviderTrial[] | 'unknown' | null): ProviderNote {
  if (trials === null) return { ok: true, text: 'Being tried…' };
  if (trials === 'unknown') return { ok: true, text: 'Could not be tried' };
  const trial = trials.find((one) => one.provider === id);
  if (!trial) return { ok: false, text: 'Not part of this build for this system' };
  if (trial.ok) return { ok: true, text: `Works${softly(trial)}${timesOf(trial)}` };
  const reason = trial.reason.replace(/\s+/g, ' ').trim();
  if (reason === '') return { ok: false, text: 'Does not work here' };
  return { ok: false, text: sentence(reason.replace(/^(?!not available)/, 'Not available: ')) };
}
