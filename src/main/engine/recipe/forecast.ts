/** The recipe minus the store: what a render will find and make, counted as the render itself counts. */
import type { DerivedCounts } from '../../../common/report.ts';
import type { Tensor } from '../artefacts/codecs.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import type { Check, Derived } from '../make/derived.ts';
import { Tally } from '../make/tally.ts';
import { tunedIn } from '../make/tuned.ts';
import type { Recipe } from './recipe.ts';
import type { Structure } from './structure.ts';

export interface Forecast {
  readonly counts: DerivedCounts;
  /** Lowest reconstruction PSNR in dB of the shot's kept inversions; null where none was checked. */
  readonly reconstruction: number | null;
  /** Of the clip: those of which something has to be made before the runs, ascending. */
  readonly unmade: readonly number[];
}

/** Is told each thing that is asked for, and whether it was there; the first time says what the store has. */
export type OnThing = (thing: Derived<unknown>, found: boolean) => void;

/**
 * Decodes pictures where their digests are unknown; no network runs. Exact, but where depth of some frames is missing: what is
 * inverted with depth not known yet counts as missing, so it is the most there can be then; and where texts are tuned, the calls are the most.
 * @throws AppError of a clip that cannot be read
 */
export async function forecast(
  recipe: Recipe,
  store: ArtefactStore | null,
  onThing: OnThing = () => {},
): Promise<Forecast> {
  const tally = new Tally();
  /** Kept by now, had the render come so far: keys, and things whose key is not known yet. */
  const kept = new Set<unknown>();
  const learn = (things: readonly Derived<unknown>[]) => {
    const keys = things.flatMap(({ key }) => (key === null ? [] : [key]));
    for (const key of store?.has(keys) ?? []) kept.add(key);
  };
  /** Without a store, what was made last of each kind. */
  const latest = new Map<string, unknown>();
  const have = (thing: Derived<unknown>): boolean => {
    const { kind } = thing;
    const name = thing.key ?? thing;
    const found = kept.has(name) || latest.get(kind.id) === name;
    onThing(thing, found);
    if (found) {
      tally.found(kind.id);
      return true;
    }
    for (const need of thing.needs) have(need);
    tally.calls(thing.calls);
    tally.made(kind.id);
    if (store) kept.add(name);
    else latest.set(kind.id, name);
    return false;
  };

  const texts = [...recipe.texts.values()];
  learn(texts);
  texts.forEach(have);

  const depths = recipe.takesDepth ? await listOf(recipe.depths()) : [];
  learn(depths);
  const structure = recipe.takesDepth ? structureIn(recipe, depths, store) : null;
  depths.forEach(have);

  const tuned = await recipe.tuned(structure);
  if (tuned) {
    learn([tuned, ...tuned.needs]);
    const found = have(tuned) && tuned.key !== null ? store?.get(tuned.kind, tuned.key) : null;
    recipe.learnt(found ? tunedIn(found.value).digest : null);
  }

  for (const control of recipe.controls) {
    const edges = await listOf(recipe.followed.edges(control));
    const nearness = await listOf(recipe.followed.depths(control));
    const conditions: readonly Derived<unknown>[] = [...edges, ...nearness];
    learn(conditions);
    conditions.forEach(have);
  }

  const flows = await listOf(recipe.flows());
  learn(flows);
  flows.forEach(have);

  const masks = await listOf(recipe.masks());
  learn(masks.flatMap(({ mask, brushes }) => [mask, ...brushes]));
  for (const { mask, brushes } of masks) {
    have(mask);
    // What they can be relied on is read of those that are kept.
    for (const brush of brushes) if (brush.key !== null && kept.has(brush.key)) onThing(brush, true);
  }

  const frames = await listOf(recipe.frames(structure));
  const shared = recipe.sharedText(frames.flatMap(({ led }) => led ?? []));
  learn(frames.flatMap(({ wanted, untuned }) => (untuned ? [...wanted, untuned] : wanted)));
  if (shared) learn([shared]);
  learn(
    frames.flatMap(({ wanted, clean }) => (wanted.every(({ key }) => key && kept.has(key)) ? [] : [clean])),
  );
  const inversions = frames.flatMap(({ inversion }) => (inversion?.key ? [inversion.key] : []));
  const reconstruction = store?.worstPsnr(inversions) ?? null;
  let checked = reconstruction !== null;
  let owed: Check<Tensor> | null = null;
  const unmade: number[] = [];
  for (const { index, wanted, inversion, check, untuned } of frames) {
    let isWhole = true;
    for (const thing of wanted) {
      const found = have(thing);
      isWhole &&= found;
      if (thing !== inversion || !check) continue;
      if (found) owed = check;
      else checked = true;
    }
    if (!isWhole) unmade.push(index);
    if (untuned) have(untuned);
  }
  if (shared) have(shared);
  if (owed && !checked) {
    learn(owed.needs);
    owed.needs.forEach(have);
    tally.calls(owed.calls);
  }
  return { counts: tally.counts, reconstruction, unmade };
}

/** What is known of the scaled maps: noted, or computed where all maps are there. */
function structureIn(
  recipe: Recipe,
  depths: readonly Derived<Tensor>[],
  store: ArtefactStore | null,
): Structure | 'unknown' {
  const noted = recipe.notedStructure(depths);
  if (noted) return noted;
  const maps = depths.map(({ key }) => (key && store?.get(kinds.depth, key)?.value.data) || null);
  const all = maps.filter((map) => map !== null);
  return all.length === maps.length ? recipe.structureOf(depths, all) : 'unknown';
}

async function listOf<T>(things: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const thing of things) list.push(thing);
  return list;
}
