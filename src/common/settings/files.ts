/** Files and folders that settings name, told by the fields themselves. */
import type { Fingerprint } from '../fingerprint.ts';
import type { Grouped } from './catalogue.ts';
import type { FileUse, VisitFile } from './field.ts';
import { SETTINGS } from './settings.ts';

export interface NamedFile {
  readonly path: string;
  readonly use: FileUse;
  readonly fingerprint: Fingerprint | null;
  /** Of the setting that names it. */
  readonly group: string;
  readonly key: string;
}

/** All that settings of whatever scope name, in the order of the fields. */
export function filesIn(settings: object): NamedFile[] {
  const found: NamedFile[] = [];
  for (const { group, key, files } of SETTINGS.fields) {
    const value = (settings as Grouped)[group]?.[key];
    if (value === undefined) continue;
    files?.(value, (path, use, fingerprint) => {
      found.push({ path, use, fingerprint: fingerprint ?? null, group, key });
      return path;
    });
  }
  return found;
}

/** The settings with each path replaced by what `visit` answers. */
export function withFiles<T extends object>(settings: T, visit: VisitFile): T {
  const changed = { ...settings } as Record<string, unknown>;
  for (const { group, key, files } of SETTINGS.fields) {
    const values = changed[group] as Record<string, unknown> | undefined;
    if (!files || values?.[key] === undefined) continue;
    changed[group] = { ...values, [key]: files(values[key], visit) };
  }
  return changed as T;
}
