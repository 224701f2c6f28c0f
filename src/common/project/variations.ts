/** One shot in many ways: every prompt with every guidance and every seed of three lists. Pure. */
import { SETTINGS, type ShotSettings } from '../settings/settings.ts';

/** An empty list leaves the shot's own. */
export interface VariationLists {
  readonly prompts: readonly string[];
  readonly guidances: readonly number[];
  readonly seeds: readonly number[];
}

/** More are a mistake, and no queue that anybody looks through. */
export const MOST_VARIATIONS = 200;
const MOST_SEEDS = 100;

/** What was typed, or the first thing that is wrong with it, in words. */
export type Typed<Value> =
  | { readonly values: readonly Value[]; readonly problem?: undefined }
  | { readonly problem: string };

const { limits: seedLimits, schema: seedSchema } = SETTINGS.fields.find(
  ({ path }) => path === 'sampling.seed',
)!;
const guidance = SETTINGS.fields.find(({ path }) => path === 'sampling.guidance')!;

/** As artists know it. */
export const GUIDANCE_LABEL = guidance.label;

/** One a line. */
export function promptsOf(text: string): readonly string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter((line) => line !== '');
}

/** "5, 7.5, 10": what is between them may be commas, semicolons or spaces. */
export function guidancesOf(text: string): Typed<number> {
  const values = numbersOf(text);
  const wrong = values.find((value) => !guidance.schema.safeParse(value).success);
  const { min, max } = guidance.limits;
  if (wrong === undefined) return { values };
  return { problem: `${GUIDANCE_LABEL} is a number from ${min} to ${max}. Write several as 5, 7.5, 10.` };
}

/** "4" are four of them from the shot's own on; "3, 7, 12" are these. */
export function seedsOf(text: string, own: number): Typed<number> {
  const values = numbersOf(text);
  const [only] = values;
  if (values.length === 1 && !/[,;]/.test(text)) {
    if (!Number.isInteger(only) || only! < 1 || only! > MOST_SEEDS)
      return { problem: `Say how many, 1 to ${MOST_SEEDS}, or which ones, as 3, 7, 12.` };
    const most = Number(seedLimits.max);
    return { values: Array.from({ length: only! }, (_, i) => (own + i) % (most + 1)) };
  }
  if (values.some((value) => !seedSchema.safeParse(value).success))
    return { problem: 'A seed is a whole number. Write several as 3, 7, 12.' };
  return { values };
}

function numbersOf(text: string): number[] {
  return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))].map(Number);
}

export function countOf({ prompts, guidances, seeds }: VariationLists): number {
  return Math.max(1, prompts.length) * Math.max(1, guidances.length) * Math.max(1, seeds.length);
}

/** Prompt by prompt, within it by guidance, within that by seed: neighbours are the most alike. */
export function variationsOf(settings: ShotSettings, lists: VariationLists): ShotSettings[] {
  const or = <Value>(values: readonly Value[], own: Value) => (values.length > 0 ? values : [own]);
  return or(lists.prompts, settings.prompts.target).flatMap((target) =>
    or(lists.guidances, settings.sampling.guidance).flatMap((guidance) =>
      or(lists.seeds, settings.sampling.seed).map((seed) => ({
        ...settings,
        prompts: { ...settings.prompts, target },
        sampling: { ...settings.sampling, guidance, seed },
      })),
    ),
  );
}

/** What is the same in all variations of one shot. */
export function familyOf({ prompts, sampling, ...settings }: ShotSettings): string {
  const { target: _, ...otherPrompts } = prompts;
  const { guidance: __, seed: ___, ...otherSampling } = sampling;
  return JSON.stringify([settings, otherPrompts, otherSampling]);
}
