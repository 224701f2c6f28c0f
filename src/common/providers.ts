/** Which of what works on a machine computes fastest. */
import type { ProviderTrial } from './report.ts';

/**
 * The one whose call takes the smallest share of what it takes on the processor beside it, if that is less; else the processor.
 * What only imitates a graphics card never is.
 */
export function fastest<T extends ProviderTrial>(trials: readonly T[]): T | null {
  const shareOf = ({ call, cpu }: ProviderTrial) =>
    call == null || cpu == null ? Number.POSITIVE_INFINITY : call / cpu;
  const faster = trials.filter((trial) => trial.ok && !trial.software && shareOf(trial) < 1);
  const [best] = faster.toSorted((a, b) => shareOf(a) - shareOf(b));
  return best ?? trials.find(({ provider }) => provider === 'cpu') ?? null;
}
