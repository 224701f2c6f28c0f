/** Settings of shots: change, copy, apply a preset. */
import { refuse } from '../../common/project/edits.ts';
import { setLeadAnchor } from '../../common/project/edits-anchors.ts';
import {
  copySettings,
  renameShot,
  setMethod,
  setParameter,
  setSettings,
} from '../../common/project/edits-settings.ts';
import type { Grouped, Placed } from '../../common/settings/catalogue.ts';
import { SETTINGS, type SomeSettings } from '../../common/settings/settings.ts';
import { getChosenShots, getCurrentShot, getPlaced } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { requirePlugins } from '../store/plugins.ts';
import type { Preset } from '../store/presets.ts';
import { change } from '../store/project.ts';
import { count } from '../words.ts';

function chosenIds(): string[] {
  const ids = getChosenShots().map(({ item }) => item.id);
  return ids.length > 0 ? ids : refuse('changing settings', 'no shot is chosen');
}

/** Gives all chosen shots a method. */
export function setChosenMethod(method: string): void {
  const ids = chosenIds();
  change({ name: 'Set method', edit: (draft) => setMethod(draft, ids, method) });
}

interface Parameter {
  readonly method: string;
  readonly key: string;
  /** As the form calls it. */
  readonly label: string;
}

/** Changes one parameter of a method for those of the chosen shots that use it; undefined leaves it to the method. */
export function setChosenParameter({ method, key, label }: Parameter, value: unknown): void {
  const ids = chosenIds();
  change({
    name: `Set ${label.toLowerCase()}`,
    edit: (draft) => setParameter(draft, ids, { method, key, value }),
    gesture: `parameter ${method} ${key} ${ids.join()}`,
  });
}

/** Changes settings of all chosen shots. Typing in one field is one entry of the history. */
export function setChosenSettings(values: SomeSettings<'shot'>): void {
  const ids = chosenIds();
  const fields = SETTINGS.fieldsOf('shot').filter(({ group, key }) => {
    return (values as Grouped)[group]?.[key] !== undefined;
  });
  change({
    name: `Set ${fields.map(({ label }) => label.toLowerCase()).join(', ')}`,
    edit: (draft) => setSettings(draft, ids, values),
    gesture: `settings ${fields.map(({ path }) => path).join()} ${ids.join()}`,
  });
}

export function applyPreset(preset: Preset): void {
  const ids = getChosenShots().map(({ item }) => item.id);
  if (ids.length === 0) refuse('applying a preset', 'no shot is chosen');
  requirePlugins('preset', preset.settings, `applying ${preset.name}`);
  change({ name: `Apply ${preset.name}`, edit: (draft) => setSettings(draft, ids, preset.settings) });
}

/** Copies some settings of the shot in hand to the other chosen shots, or to all. */
export function copySettingsTo(target: 'chosen' | 'all', fields: readonly Placed[]): void {
  const doing = 'copying settings';
  const { item } = getCurrentShot() ?? refuse(doing, 'no shot is chosen');
  const shots =
    target === 'chosen' ? getChosenShots() : getPlaced().filter((one) => one.item.kind === 'shot');
  const ids = shots.map((one) => one.item.id).filter((id) => id !== item.id);
  if (ids.length === 0) refuse(doing, 'there is no other shot to copy to');
  change({
    name: `Copy settings of ${item.name}`,
    edit: (draft) => copySettings(draft, item.id, ids, fields),
  });
  tell(`Copied the settings of ${item.name} to ${count(ids.length, 'shot')}`);
}

export function chooseLeadAnchor(shotId: string, frame: number): void {
  change({ name: 'Lead anchor', edit: (draft) => setLeadAnchor(draft, shotId, frame) });
}

export function giveShotName(shotId: string, name: string): void {
  change({ name: 'Rename shot', edit: (draft) => renameShot(draft, shotId, name) });
}
