/** A take in a few words. Pure. */
import type { ShotSettings, Take } from '../../common/project/document.ts';
import type { Grouped } from '../../common/settings/catalogue.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { duration } from '../../common/time/duration.ts';
import { nameOf } from '../words.ts';

/** "4 min ago", "14:05" today, "yesterday 14:05", "3 May 14:05". Times in milliseconds since 1970. */
export function when(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const then = new Date(at);
  const today = new Date(now);
  const time = `${String(then.getHours()).padStart(2, '0')}:${String(then.getMinutes()).padStart(2, '0')}`;
  const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime();
  if (at >= midnight) return time;
  if (at >= midnight - 86_400_000) return `yesterday ${time}`;
  const day = `${then.getDate()} ${then.toLocaleString('en', { month: 'short' })}`;
  return then.getFullYear() === today.getFullYear() ? `${day} ${time}` : `${day} ${then.getFullYear()}`;
}

/** "analysis 41 dB", "took 1:23": how it came out. */
export function facts(take: Take): readonly string[] {
  const took = `took ${duration(take.seconds)}`;
  return take.reconstruction === null ? [took] : [`analysis ${Math.round(take.reconstruction)} dB`, took];
}

/** Every setting in full, for the details: name and value. */
function settingsList(settings: ShotSettings): readonly (readonly [string, string])[] {
  const all = SETTINGS.fieldsOf('shot').flatMap(({ group, key, label, widget }): [string, unknown][] => {
    const value = (settings as Grouped)[group]?.[key];
    if (widget.kind !== 'parameters') return [[label, value]];
    return Object.entries(value as object).map(([name, one]) => [nameOf(name), one]);
  });
  return all
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]);
}

/** Settings in which two takes differ, by name: what a comparison is about. */
export function differences(a: ShotSettings, b: ShotSettings): readonly string[] {
  const [left, right] = [new Map(settingsList(a)), new Map(settingsList(b))];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => left.get(name) !== right.get(name));
}
