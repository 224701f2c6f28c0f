/** What of a shot goes to other machines: what the desk has made of it, and what may be made of it by itself. */
import type { FrameRange } from '../../../common/media.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { planRecipe, type RecipeParts } from '../queue/plan-recipe.ts';
import { forecast } from '../recipe/forecast.ts';
import { STAYS } from './artefact-folder.ts';

export interface PackedShot {
  /** Frames of the clip. */
  readonly range: FrameRange;
  /** Of what the desk's cache has of it. */
  readonly keys: readonly string[];
  /** Of the clip: those that can be inverted each by itself, and are not yet. */
  readonly frames: readonly number[];
}

/**
 * Checks a request as a plan does, whatever the memory of this machine. What computes is tried by those who compute: only where that is
 * left open it is what this machine would take.
 * @throws AppError for every request that cannot be met
 */
export async function packShot(
  settings: EditSettings,
  parts: Omit<RecipeParts, 'provider'>,
): Promise<PackedShot> {
  const { provider: wanted } = settings.model;
  await using planned = await planRecipe(settings, {
    ...parts,
    provider: wanted === 'auto' ? undefined : wanted,
  });
  const { recipe, resolved } = planned;
  const had = new Map<string, boolean>();
  const { unmade } = await forecast(recipe, parts.cache, ({ key, kind }, found) => {
    if (key !== null && kind.id !== STAYS && !had.has(key)) had.set(key, found);
  });
  const { cache } = parts;
  return {
    range: resolved.range,
    keys: cache === null ? [] : [...had].flatMap(([key, found]) => (found ? [key] : [])),
    frames: recipe.invertsApart ? unmade : [],
  };
}
