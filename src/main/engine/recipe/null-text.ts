/**
 * Runs that start from the clip's inversion, led by texts that were tuned for it (null-text inversion): whatever the method, guidance
 * starts in each step from the unconditional text that keeps the source prompt on the frame's way.
 */
import { AppError } from '../../../common/errors.ts';
import { inTerminal } from '../../../common/settings/field.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import { type EditSettings, SETTINGS } from '../../../common/settings/settings.ts';
import { canTune } from '../diffusion/null-text.ts';
import { solvers } from '../diffusion/solvers/registry.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import { type Need, wantsInversion } from '../methods/have.ts';
import { methods } from '../methods/registry.ts';
import type { Method } from '../methods/types.ts';

/** What has to be made for it beside what the method needs. */
const NEEDS: readonly Need[] = ['nullText', 'sourceText'];

/** `start` of a method that leaves it open is the clip, where null text is asked for; what the artist says comes first. */
export function startFor(
  { inverting }: Method,
  { method, inversion }: Pick<EditSettings, 'method'> & Partial<Pick<EditSettings, 'inversion'>>,
): Readonly<Record<string, unknown>> {
  return inversion && inversion.nullText !== 'off' ? { ...inverting, ...method.params } : method.params;
}

interface Asked extends Partial<Pick<EditSettings, 'inversion' | 'guide'>> {
  readonly sampling: Partial<EditSettings['sampling']>;
}

/** @throws AppError usage where null text makes no sense with what else is asked */
export function withNullText(
  { method, needs, solver }: { method: Method; needs: readonly Need[]; solver: Solver },
  { inversion, guide, sampling }: Asked,
): readonly Need[] {
  if (!inversion || inversion.nullText === 'off') return needs;
  if (!wantsInversion(needs)) {
    const how = method.inverting && Object.entries(method.inverting).map(([name, to]) => `${name}=${to}`);
    throw refused(
      `${method.label} does not start from the clip here`,
      how ? `Set it to, with -p ${how.join(' -p ')}, or choose` : 'Choose',
      startingFromClip(),
    );
  }
  if (needs.includes('tuned'))
    throw refused(`${method.label} tunes the model itself to the shot`, 'Choose', startingFromClip());
  if (!canTune(solver))
    throw refused(
      `${solver.label} asks the model twice a step`,
      'Use',
      solvers.filter(canTune).map(({ id }) => id),
    );
  if (sampling.guidance === 1)
    throw refused(`at ${settingWord('sampling.guidance')} 1 it is not read`, 'Set that above 1');
  if (guide && guide.keep > 0)
    throw refused(
      `with ${settingWord('guide.keep')} the prompt is weighed against the source prompt`,
      'Use one of the two',
    );
  return [...new Set([...needs, ...NEEDS])];
}

/** @throws AppError usage for networks that are told the guidance */
export function checkTold(
  { toldGuidance, name }: { readonly toldGuidance: boolean; readonly name: string },
  { inversion }: Pick<EditSettings, 'inversion'>,
): void {
  if (inversion.nullText !== 'off' && toldGuidance)
    throw refused(
      `${name} was made for few steps and reads the prompt alone`,
      'Use a model that is not told the strength',
    );
}

function refused(message: string, hint: string, choices: readonly string[] = []): AppError {
  const field = SETTINGS.at('inversion.nullText');
  const name = `“${field.label}”${inTerminal(field)}`;
  const all = choices.length > 0 ? ` ${choices.join(' or ')}` : '';
  return new AppError('usage', `${name} cannot be tuned: ${message}`, {
    doing: 'checking the settings',
    hint: `${hint}${all}, or set ${name} to off.`,
  });
}

function leadsBack(needs: readonly Need[]): boolean {
  return wantsInversion(needs) && !needs.includes('tuned');
}

/** Whether it can be asked of a method, set to it; a plugin's is known when it is asked what it needs. */
export function mayLeadBack({ resolve, needs, schema, inverting }: Method): boolean {
  return resolve !== undefined || leadsBack(needs(schema.parse({ ...inverting })));
}

function startingFromClip(): string[] {
  return methods.list
    .filter((method) => !method.resolve && leadsBack(method.needs(method.schema.parse({}))))
    .map(({ id }) => id);
}
