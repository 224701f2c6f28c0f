/** What can be copied from shot to shot, in parts to choose among: a group, and by its name what is a shot's own in it. */
import type { Catalogue, Placed } from '../../common/settings/catalogue.ts';
import { nameOf } from '../words.ts';

export interface CopyPart {
  readonly id: string;
  readonly name: string;
  readonly fields: readonly Placed[];
  /** Copied unless the artist says otherwise: what belongs to the look of a take. */
  readonly isLook: boolean;
}

const GROUP_WORDS: Readonly<Record<string, string>> = {
  sampling: 'Steps, strength and size',
  inversion: 'Analysis of the clip',
  guide: 'What stays',
  output: 'Take file',
};

export function copyParts({ fieldsOf }: Pick<Catalogue, 'fieldsOf'>): readonly CopyPart[] {
  const looks = new Set(fieldsOf('look').map(({ group }) => group));
  const parts = new Map<string, CopyPart>();
  for (const field of fieldsOf('shot')) {
    const isLook = looks.has(field.group) && field.scope !== 'shot';
    // A seed among what is copied would make all shots alike where they shall differ.
    const isOwn = looks.has(field.group) && !isLook;
    const id = isOwn ? field.path : field.group;
    const known = parts.get(id);
    parts.set(id, {
      id,
      name: isOwn ? field.label : (GROUP_WORDS[field.group] ?? nameOf(field.group)),
      isLook,
      fields: [...(known?.fields ?? []), field],
    });
  }
  return [...parts.values()];
}
