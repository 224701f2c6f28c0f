/** In which steps guidance acts, in numbers: where it rests, a frame goes through the network once instead of twice. */
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { type Run, visitsOf } from '../diffusion/run.ts';
import { isWithin } from '../diffusion/share.ts';
import { stepAt } from '../diffusion/solvers/solver.ts';
import { branchPrompts } from './runs.ts';

type Settings = Pick<EditSettings, 'prompts' | 'sampling' | 'guide'>;

interface Told {
  readonly toldGuidance: boolean;
}

/** Guidance branches of all frames in all steps of these runs. */
export function branchVisits(runs: readonly Run[], settings: Settings, model: Told): number {
  const { length } = branchPrompts(settings, model);
  // What is kept is told by both prompts, whether guidance acts or not.
  const resting = settings.guide.keep > 0 ? length : 1;
  return runs.reduce((sum, { frames, schedule }) => {
    const steps = stepAt(schedule, schedule.levels.length - 1) + 1;
    const branches = schedule.levels.map((_, call) =>
      isWithin(settings.sampling.guidanceRange, stepAt(schedule, call), steps) ? length : resting,
    );
    return sum + frames.length * branches.reduce((all, one) => all + one, 0);
  }, 0);
}

/** What is likely not meant. */
export function guidanceNotes(runs: readonly Run[], settings: Settings, model: Told): string[] {
  const { from, to } = settings.sampling.guidanceRange;
  if (from === 0 && to === 1) return [];
  if (model.toldGuidance)
    return [
      `${settingWord('sampling.guidanceRange')} are not read: this model was made for few steps and is told the strength`,
    ];
  if (settings.guide.keep > 0)
    return [
      `steps outside of ${settingWord('sampling.guidanceRange')} take as long as the others: what stays is told by both prompts`,
    ];
  if (branchPrompts(settings, model).length === 1 || branchVisits(runs, settings, model) > visitsOf(runs))
    return [];
  const share = `${Math.round(100 * from)} to ${Math.round(100 * to)} %`;
  return [`${settingWord('sampling.guidance')} acts nowhere: no whole step lies in ${share} of the steps`];
}
