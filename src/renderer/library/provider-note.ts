/** What a trial of a provider says to the artist. Pure. */
import type { ProviderTrial } from '../../common/report.ts';

export interface ProviderNote {
  readonly ok: boolean;
  readonly text: string;
}

/** Null trials are still running, unknown ones could not be asked for; a provider that was not tried is not part of this build. */
export function providerNote(id: string, trials: readonly ProviderTrial[] | 'unknown' | null): ProviderNote {
  if (trials === null) return { ok: true, text: 'Being tried…' };
  if (trials === 'unknown') return { ok: true, text: 'Could not be tried' };
  const trial = trials.find((one) => one.provider === id);
  if (!trial) return { ok: false, text: 'Not part of this build for this system' };
  if (trial.ok) return { ok: true, text: `Works, first run in ${Math.round(trial.milliseconds)} ms` };
  const reason = trial.reason.replace(/\s+/g, ' ').trim();
  return { ok: false, text: reason === '' ? 'Does not work here' : `Not available: ${reason}` };
}
