/** Settings that suit a model and come with it, as `retake.json` in its folder: what a request leaves open, they fill. */
import type { z } from 'zod';
import { issueText } from '../issue.ts';
import { bare, type Catalogue } from './catalogue.ts';
import { groupsOfFlat } from './flat.ts';
import { SETTINGS, type SomeSettings } from './settings.ts';

export type ModelSettings = SomeSettings<'look'>;

/** A request as it is asked: what it leaves open is the model's to say, then Retake's. */
export const askedSettings = SETTINGS.asked;
export type AskedSettings = z.output<typeof askedSettings>;

/** Reads each setting for itself: one that is wrong is named and left out, and takes no other with it. */
export function parseModelSettings(
  json: unknown,
  catalogue: Pick<Catalogue, 'fieldsOf'> = SETTINGS,
): {
  readonly values: ModelSettings;
  readonly problems: readonly string[];
} {
  if (!isObject(json)) return { values: {}, problems: ['it is no list of settings by name'] };
  // It comes from anybody, and must not make Retake look at files that only this machine has.
  const open = catalogue.fieldsOf('look').filter(({ files }) => !files);
  const fields = new Map(open.map((one) => [one.path, one]));
  const groups = new Set(Array.from(fields.values(), ({ group }) => group));
  const values: Record<string, Record<string, unknown>> = {};
  const problems: string[] = [];
  for (const [group, members] of Object.entries(groupsOfFlat(json) as object)) {
    if (!groups.has(group) || !isObject(members)) {
      problems.push(`"${group}" is no setting that a model can give`);
      continue;
    }
    for (const [key, value] of Object.entries(members)) {
      const field = fields.get(`${group}.${key}`);
      const read = field && bare(field.schema).safeParse(value);
      if (read?.success) values[group] = { ...values[group], [key]: read.data };
      else if (read) problems.push(`"${group}.${key}" ${issueText(read.error.issues[0]!)}`);
      else problems.push(`"${group}.${key}" is no setting that a model can give`);
    }
  }
  return { values: values as ModelSettings, problems };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
