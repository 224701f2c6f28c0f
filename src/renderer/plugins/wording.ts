/** What the plugins' sheets say. Pure. */
import type { PluginEntry, PluginLook } from '../../common/contract/plugins.ts';
import type { Manifest, Permissions } from '../../common/plugins/manifest.ts';
import { UI_COMMANDS } from '../../common/plugins/ui-v1.ts';
import type { PluginState, PluginUse } from '../../common/plugins/used.ts';
import { count, listed, sentence } from '../words.ts';

type Panel = NonNullable<Manifest['contributes']['panels']>[number];
type Role = NonNullable<Manifest['contributes']['estimators']>[number]['role'];

const ROLES: Readonly<Record<Role, string>> = {
  depth: 'Depth',
  flow: 'Motion',
  segmenter: 'Masks by words or points',
  captioner: 'Descriptions of pictures',
  'image-text': 'How well a picture fits its prompt',
  interpolator: 'Frames between frames',
  upscaler: 'Larger pictures',
};

interface Given {
  readonly kind: string;
  readonly label: string;
  readonly note: string;
}

const PLACES = { inspector: 'in the inspector', bottom: 'below the viewer' } as const;
const SEEN = {
  frame: 'the frame under the playhead',
  shot: 'the shot in hand',
  takes: 'its takes',
  timeline: 'the timeline',
  project: 'the project',
} as const;

/** All that a plugin brings, in the order in which it is shown. */
export function given(contributes: Manifest['contributes']): readonly Given[] {
  const { methods, exporters, importers, names, estimators, models, panels, farms } = contributes;
  return [
    ...(methods ?? []).map(({ label, summary }) => ({ kind: 'Method', label, note: summary })),
    ...(exporters ?? []).map(({ label, programs, ending }) => ({
      ...{ kind: 'Export', label },
      note: `for ${programs}, ${ending.trim()}`,
    })),
    ...(importers ?? []).map(({ label, endings }) => ({
      ...{ kind: 'Opens', label },
      note: listed(
        endings.map((one) => one.trim()),
        6,
      ),
    })),
    ...(names ?? []).map(({ label }) => ({ kind: 'File names', label, note: '' })),
    ...(estimators ?? []).map(({ label, role }) => ({ kind: 'Network', label, note: ROLES[role] })),
    ...(models ?? []).map(({ label }) => ({ kind: 'Model', label, note: '' })),
    ...(panels ?? []).map((panel) => ({ kind: 'Panel', label: panel.label, note: panelNote(panel) })),
    ...(farms ?? []).map(({ label, summary }) => ({ kind: 'Farm', label, note: summary })),
  ];
}

/** "in the inspector; sees the timeline; may move the playhead; asks before it may add markers" */
function panelNote({ where, reads, commands }: Panel): string {
  const all = (begin: string, parts: readonly string[]) =>
    parts.length === 0 ? [] : [`${begin} ${listed(parts, parts.length)}`];
  const may = (changes: boolean) =>
    commands.filter((one) => UI_COMMANDS[one].changes === changes).map((one) => UI_COMMANDS[one].words);
  return [
    PLACES[where],
    ...all(
      'sees',
      reads.map((one) => SEEN[one]),
    ),
    ...all('may', may(false)),
    ...all('asks before it may', may(true)),
  ].join('; ');
}

interface Asked {
  readonly what: string;
  readonly reason: string;
}

export function asked({ network, read, write }: Permissions): readonly Asked[] {
  return [
    ...(network ? [{ what: `Use the network: ${listed(network.hosts, 20)}`, reason: network.reason }] : []),
    ...(read ? [{ what: 'Read files that you choose', reason: read.reason }] : []),
    ...(write ? [{ what: 'Write files where you choose', reason: write.reason }] : []),
  ];
}

/** "by Ada · MIT · org.example.ale" */
export function byline({ author, license, id }: Manifest): string {
  return `by ${author} · ${license} · ${id}`;
}

/** In the list beside the name; null where all is as it should be. */
export function stateWord(state: PluginState, entry: PluginEntry | null): string | null {
  if (state === 'missing') return 'missing';
  if (state === 'off') return 'off';
  if (state === 'off-here') return 'off in this project';
  if (state === 'failed')
    return entry?.disabled === null || !entry ? 'cannot be used' : 'switched off by Retake';
  return entry?.on === false ? 'on in this project' : null;
}

/** What there was before, and what the artist asks for now. */
export function changeLine({ installed, change, manifest: { version } }: PluginLook): string | null {
  if (!installed || change === 'new') return null;
  const from = installed.version;
  if (installed.developer) return `Takes the place of version ${from}, which runs from its developer folder.`;
  if (change === 'same') return `Version ${version} is installed already, and is put in anew.`;
  return change === 'update'
    ? `Version ${from} is installed; this is newer.`
    : `Version ${from} is installed; this is older.`;
}

/** "Shot 1 and Shot 2; 3 takes were made with it" */
export function whereUsed({ shots, takes }: Pick<PluginUse, 'shots' | 'takes'>): string {
  const made = takes === 0 ? '' : `${count(takes, 'take')} ${takes === 1 ? 'was' : 'were'} made with it`;
  const parts = [shots.length === 0 ? '' : listed(shots, 4), made].filter((part) => part !== '');
  return sentence(parts.join('; '));
}

/** What a missing plugin is known to have given: "guided" of "org.example.blur/guided", the file of a network. */
export function usedNames({ uses }: Pick<PluginUse, 'uses'>): string {
  const names = uses.map(({ kind, name }) =>
    kind === 'method'
      ? `the method ${name.replace(/^.*\//, '')}`
      : `the network ${name.replace(/^.*[\\/]/, '')}`,
  );
  return listed(names, 6);
}
