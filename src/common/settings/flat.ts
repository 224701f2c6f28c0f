/**
 * Settings as they were kept before they had groups: one flat list of names. Projects, jobs, reports, presets and models'
 * own files may hold it for ever, so this file is never edited.
 */

type Json = Readonly<Record<string, unknown>>;

const PLACES: Readonly<Record<string, readonly [group: string, key: string]>> = {
  clip: ['source', 'clip'],
  rate: ['source', 'rate'],
  range: ['source', 'range'],
  bundle: ['model', 'bundle'],
  provider: ['model', 'provider'],
  prompt: ['prompts', 'target'],
  sourcePrompt: ['prompts', 'source'],
  negativePrompt: ['prompts', 'negative'],
  steps: ['sampling', 'steps'],
  guidance: ['sampling', 'guidance'],
  solver: ['sampling', 'solver'],
  schedule: ['sampling', 'schedule'],
  seed: ['sampling', 'seed'],
  size: ['sampling', 'size'],
  inversion: ['inversion', 'mode'],
  refinement: ['inversion', 'refinement'],
  method: ['method', 'id'],
  params: ['method', 'params'],
  anchor: ['guide', 'anchor'],
  keep: ['guide', 'keep'],
  depth: ['guide', 'depth'],
  out: ['output', 'path'],
  format: ['output', 'format'],
  alpha: ['output', 'alpha'],
  imageText: ['output', 'imageText'],
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Two names of before are names of groups now; those hold objects. */
const placeOf = (name: string, value: unknown) =>
  Object.hasOwn(PLACES, name) && !((name === 'inversion' || name === 'method') && isObject(value))
    ? PLACES[name]!
    : null;

/** Settings in groups, from flat ones; those in groups stay as they are, and so does what is neither. */
export function groupsOfFlat(settings: unknown): unknown {
  if (!isObject(settings)) return settings;
  const groups: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(settings)) {
    const place = placeOf(name, value);
    if (name === 'origins' && isObject(value)) groups.origins = pathsOfNames(value);
    else if (!place)
      groups[name] = isObject(value) && isObject(groups[name]) ? { ...groups[name], ...value } : value;
    else {
      const [group, key] = place;
      groups[group] = { ...(isObject(groups[group]) ? groups[group] : {}), [key]: value };
    }
  }
  return { ...groups };
}

function pathsOfNames(origins: Json): Json {
  return Object.fromEntries(
    Object.entries(origins).map(([name, whose]) => [
      Object.hasOwn(PLACES, name) ? PLACES[name]!.join('.') : name,
      whose,
    ]),
  );
}
