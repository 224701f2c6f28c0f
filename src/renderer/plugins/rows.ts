/** The list as it is shown: what the project misses first, then what cannot run, then by name. Pure. */
import type { PluginEntry } from '../../common/contract/plugins.ts';
import { type PluginState, type PluginUse, pluginState } from '../../common/plugins/used.ts';
import type { ProjectDocument } from '../../common/project/document.ts';

export interface PluginRow {
  readonly id: string;
  readonly name: string;
  /** Null for one that is not installed. */
  readonly entry: PluginEntry | null;
  /** Of the open project; null where it has nothing of it. */
  readonly use: PluginUse | null;
  readonly state: PluginState;
}

const ORDER: readonly PluginState[] = ['missing', 'failed'];

export function rowsOf(
  plugins: readonly PluginEntry[],
  uses: readonly PluginUse[],
  document: Pick<ProjectDocument, 'plugins'>,
  typed: string,
): readonly PluginRow[] {
  const missing = uses.filter(({ id }) => !plugins.some((one) => one.id === id));
  const rows = [
    ...missing.map((use): PluginRow => ({ id: use.id, name: use.id, entry: null, use, state: 'missing' })),
    ...plugins.map((entry): PluginRow => {
      const { id, name } = entry;
      const use = uses.find((one) => one.id === id) ?? null;
      return { id, name, entry, use, state: pluginState(id, document, plugins) };
    }),
  ];
  const place = ({ state }: PluginRow) => (ORDER.indexOf(state) + ORDER.length + 1) % (ORDER.length + 1);
  return rows
    .filter((row) => matches(row, typed))
    .sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Each word that is typed must be somewhere in what is told of it. */
function matches({ id, name, entry }: PluginRow, typed: string): boolean {
  const { summary = '', author = '' } = entry?.manifest ?? {};
  const text = [id, name, summary, author].join('\n').toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
