/** In which order one machine after the other takes the tasks of a job: a shot's own units first, then the shot. */
import { FARM_STEPS, type FarmJob, type FarmStep, type TaskRange, taskName } from '../job-folder.ts';
import { tasksOf } from '../missing.ts';

export interface Task {
  readonly name: string;
  readonly step: FarmStep;
  readonly range: TaskRange;
  /** Names of those that must have ended, well or not, before it begins. */
  readonly after: readonly string[];
}

/** So that the first takes are whole early, whatever the length of the list. */
export function orderOf(job: FarmJob): readonly Task[] {
  const units = new Map<number, string[]>();
  const placed = FARM_STEPS.flatMap((step) =>
    tasksOf(job, step).map((range) => {
      const name = taskName(step, range);
      if (step === 'assemble') {
        const after = job.shots.map(({ number }) => taskName('render', { first: number, last: number }));
        return { task: { name, step, range, after }, shot: Number.POSITIVE_INFINITY };
      }
      if (step === 'render') {
        return { task: { name, step, range, after: units.get(range.first) ?? [] }, shot: range.first };
      }
      const shots = new Set(job.units.slice(range.first - 1, range.last).map(({ shot }) => shot));
      for (const shot of shots) units.set(shot, [...(units.get(shot) ?? []), name]);
      return { task: { name, step, range, after: [] }, shot: Math.min(...shots) };
    }),
  );
  const step = (task: Task) => FARM_STEPS.indexOf(task.step);
  return placed.sort((a, b) => a.shot - b.shot || step(a.task) - step(b.task)).map(({ task }) => task);
}
