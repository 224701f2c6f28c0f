/** Names people know from k-diffusion, diffusers and their interfaces, for the settings they stand for here. */
import type { ScheduleId, SolverId } from './schedule.ts';

export const SOLVER_ALIASES: Readonly<Record<string, SolverId>> = {
  ddim: 'ddim',
  sample_ddim: 'ddim',
  DDIMScheduler: 'ddim',
  euler: 'euler',
  k_euler: 'euler',
  sample_euler: 'euler',
  EulerDiscreteScheduler: 'euler',
};

export const SCHEDULE_ALIASES: Readonly<Record<string, ScheduleId>> = {
  bundle: 'bundle',
  normal: 'bundle',
  karras: 'karras',
  get_sigmas_karras: 'karras',
  exponential: 'exponential',
  get_sigmas_exponential: 'exponential',
};

/** The solver a name stands for, or null. */
export function solverNamed(name: string): SolverId | null {
  return Object.hasOwn(SOLVER_ALIASES, name) ? SOLVER_ALIASES[name]! : null;
}

/** The schedule a name stands for, or null. */
export function scheduleNamed(name: string): ScheduleId | null {
  return Object.hasOwn(SCHEDULE_ALIASES, name) ? SCHEDULE_ALIASES[name]! : null;
}
