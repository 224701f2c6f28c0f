/** Edits of names, per-shot settings and project-wide choices. */
import { type Placed, pickFields } from '../settings/catalogue.ts';
import { withFiles } from '../settings/files.ts';
import { SETTINGS, type ShotSettings, type SomeSettings } from '../settings/settings.ts';
import type { ProjectDocument } from './document.ts';
import { refuse, shotIn } from './edits.ts';

/** Changes some settings of some shots alike; the rest of each stays. */
export function setSettings(
  draft: ProjectDocument,
  shotIds: readonly string[],
  values: SomeSettings<'shot'>,
): void {
  const wanted = new Set(shotIds);
  for (const item of draft.timeline) {
    // Every item that is looked at costs a draft of it.
    if (wanted.size === 0) break;
    if (item.kind === 'shot' && wanted.delete(item.id)) assign(item.settings, plain(values));
  }
  if (wanted.size > 0) refuse('changing settings', 'one of them is no shot of the timeline');
}

/** Gives some shots a method; those that have it already keep their parameters of it. */
export function setMethod(draft: ProjectDocument, shotIds: readonly string[], method: string): void {
  const wanted = new Set(shotIds);
  for (const item of draft.timeline) {
    if (item.kind === 'shot' && wanted.has(item.id) && item.settings.method.id !== method)
      item.settings.method = { id: method, params: {} };
  }
}

/** Changes one parameter of a method for the shots that use it; undefined leaves it to the method. */
export function setParameter(
  draft: ProjectDocument,
  shotIds: readonly string[],
  parameter: { readonly method: string; readonly key: string; readonly value: unknown },
): void {
  const { method, key, value } = parameter;
  const wanted = new Set(shotIds);
  for (const item of draft.timeline) {
    if (item.kind !== 'shot' || !wanted.has(item.id) || item.settings.method.id !== method) continue;
    const { [key]: _, ...others } = item.settings.method.params;
    item.settings.method.params = plain(value === undefined ? others : { ...others, [key]: value });
  }
}

/** Copies some settings to other shots; all of a shot's own where none are named. */
export function copySettings(
  draft: ProjectDocument,
  fromId: string,
  toIds: readonly string[],
  fields: readonly Placed[] = SETTINGS.fieldsOf('shot'),
): void {
  const { settings } = shotIn(draft, fromId, 'copying settings');
  setSettings(
    draft,
    toIds.filter((id) => id !== fromId),
    pickFields(settings, fields) as SomeSettings<'shot'>,
  );
}

export function renameShot(draft: ProjectDocument, shotId: string, name: string): void {
  shotIn(draft, shotId, 'renaming a shot').name =
    name.trim() || refuse('renaming a shot', 'the name is empty');
}

export function setProject(
  draft: ProjectDocument,
  values: Partial<Pick<ProjectDocument, 'name' | 'bundle' | 'provider' | 'takesFolder'>>,
): void {
  Object.assign(draft, values);
}

/** The clip was found elsewhere; its content is the same. */
export function relinkClip(draft: ProjectDocument, clipId: string, path: string): void {
  const clip = draft.clips[clipId] ?? refuse('relinking', 'this clip is not in the project');
  clip.path = path;
}

/** A file that shots, or takes, name beside their clips was found elsewhere; its content is the same. */
export function relinkFile(draft: ProjectDocument, from: string, to: string): void {
  const moved = (path: string) => (path === from ? to : path);
  const shots = draft.timeline.filter((item) => item.kind === 'shot');
  for (const one of [...shots, ...Object.values(draft.takes)]) one.settings = withFiles(one.settings, moved);
}

/** Group by group: what is not named stays. */
function assign(settings: ShotSettings, values: SomeSettings<'shot'>): void {
  for (const [group, members] of Object.entries(values)) {
    Object.assign(settings[group as keyof ShotSettings], members);
  }
}

/** No two shots may share an object, nor a shot an object with the page. */
function plain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
