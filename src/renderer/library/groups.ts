/** The list as it is shown: by kind, those that match what is typed. Pure. */
import type { LibraryEntry, LibraryKind } from '../../common/contract/library.ts';

export interface Heading {
  readonly heading: LibraryKind;
  readonly name: string;
  readonly count: number;
}
export type Line = Heading | LibraryEntry;

const NAMES: readonly (readonly [LibraryKind, string])[] = [
  ['model', 'Models'],
  ['lora', 'LoRAs'],
  ['controlnet', 'ControlNets'],
  ['embedding', 'Embeddings'],
  ['vae', 'VAEs'],
  ['estimator', 'Estimators'],
  ['other', 'Other files'],
];

/** Each word that is typed must be somewhere in the name, the family, the words or the path. */
function matches(entry: LibraryEntry, typed: string): boolean {
  const text = [entry.name, entry.what, entry.path, ...entry.words].join('\n').toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The default model first, then by name; numbers as numbers. */
export function linesOf(entries: readonly LibraryEntry[], typed: string): readonly Line[] {
  const shown = entries.filter((one) => matches(one, typed));
  return NAMES.flatMap(([kind, name]): Line[] => {
    const of = shown
      .filter((one) => one.kind === kind)
      .sort(
        (a, b) =>
          Number(b.isDefault) - Number(a.isDefault) || a.name.localeCompare(b.name, 'en', { numeric: true }),
      );
    return of.length === 0 ? [] : [{ heading: kind, name, count: of.length }, ...of];
  });
}

export const isHeading = (line: Line): line is Heading => 'heading' in line;
