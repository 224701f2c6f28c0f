/** Names people know from k-diffusion, diffusers and their interfaces, for the schedules they stand for here. */
import type { ScheduleId } from './schedule.ts';

const SCHEDULE_ALIASES: Readonly<Record<string, ScheduleId>> = {
  bundle: 'bundle',
  normal: 'bundle',
  trailing: 'trailing',
  sgm_uniform: 'trailing',
  karras: 'karras',
  get_sigmas_karras: 'karras',
  exponential: 'exponential',
  get_sigmas_exponential: 'exponential',
};

/** The schedule a name stands for, or null. */
export function scheduleNamed(name: string): ScheduleId | null {
  return Object.hasOwn(SCHEDULE_ALIASES, name) ? SCHEDULE_ALIASES[name]! : null;
}
