/** Whether two requests ask for the same take: by what they come to, however they are written. */
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../src/common/errors.ts';
import { parseSettings, type SomeSettings } from '../../src/common/settings/settings.ts';
import { getMethod, parseParams } from '../../src/main/engine/methods/registry.ts';

/** What every take has of its own; none of it tells variants apart. */
const ANY = {
  source: { clip: 'any' },
  model: { bundle: 'any' },
  prompts: { source: 'any', target: 'any' },
  output: { path: 'any' },
};

/** With every default, the method's own too. @throws AppError usage where it asks for what there is not */
export function completed(asked: SomeSettings): SomeSettings {
  const settings = parseSettings({ ...ANY, ...asked, source: { ...ANY.source, ...asked.source } });
  const { id, params } = settings.method;
  const whole = parseParams(getMethod(id), params) as Record<string, unknown>;
  return { ...settings, method: { id, params: whole } };
}

/** @param kept, asked JSON of a request, complete or not; null where nothing is rendered */
export function asksTheSame(kept: SomeSettings | null, asked: SomeSettings | null): boolean {
  if (kept === null || asked === null) return kept === asked;
  try {
    return isDeepStrictEqual(plain(completed(kept)), plain(completed(asked)));
  } catch (error) {
    // A request of before that asks for what is no more.
    if (error instanceof AppError) return false;
    throw error;
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
