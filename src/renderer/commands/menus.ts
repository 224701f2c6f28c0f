/** The application's menus: which commands stand where. Their names and keys are their own, here as in the list of keys. */
import type { MenuName, Menus } from '../../common/bridge.ts';
import { acceleratorOf, type KeyMap } from '../keyboard/keymap.ts';

/** A line between entries is null; "recent" is the list of recent projects, which the shell knows. */
export const MENUS: Readonly<Record<MenuName, readonly (string | null)[]>> = {
  file: [
    ...['file.new', 'file.open', 'recent', 'file.backups', 'file.demo', null],
    ...['file.openTimeline', 'file.import', null],
    ...['file.save', 'file.saveAs', 'file.collect', null],
    ...['file.export'],
  ],
  edit: [
    ...['edit.undo', 'edit.redo', null],
    ...['marker.add', 'marker.edit', 'marker.remove', null],
    ...['range.in', 'range.out', 'range.clear', null],
    ...['timeline.start'],
  ],
  shot: [
    ...['edit.split', 'edit.merge', 'edit.duplicate', 'clip.findShots', null],
    ...['edit.delete', 'edit.lift', 'range.remove', 'range.lift', null],
    ...['edit.moveEarlier', 'edit.moveLater', null],
    ...['anchor.add', 'anchor.lead', 'shot.describe', null],
    ...['select.all', 'select.underPlayhead', 'select.none'],
  ],
  take: [
    ...['take.next', 'take.previous', null],
    ...['compare.toggle', 'compare.next', 'compare.swap', null],
    ...['take.quality', 'takes.contactSheet', null],
    ...['frame.save', 'take.export', 'take.saveLora'],
  ],
  render: [
    ...['render.shots', 'render.range', 'render.variations', 'render.farm', null],
    ...['render.frame', 'render.three', 'model.try', null],
    ...['queue.pause', 'queue.stopLearning', 'queue.clear'],
  ],
  view: [
    ...['picture.fit', 'picture.actual', null],
    ...['zoom.in', 'zoom.out', 'zoom.fit', 'view.snapping', 'mask.overlay', null],
    ...['view.library', 'view.keys', null],
    ...['view.full'],
  ],
  window: [
    ...['view.takes', 'view.clips', 'view.markers', null],
    ...['view.inspector', 'view.queue', 'view.scopes', null],
    ...['view.plugins', 'plugins.install'],
  ],
  help: ['help.about'],
};

interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * As the shell shows them. A command without a key has none there either.
 * @param others panels of plugins, each as the command that shows it; they stand below the window's own
 */
export function menusOf(
  commands: readonly Named[],
  map: KeyMap,
  mac: boolean,
  others: readonly Named[] = [],
): Menus {
  const names = new Map(commands.map(({ id, name }) => [id, name]));
  const entry = (id: string | null): Menus[MenuName][number] => {
    if (id === null || id === 'recent') return id;
    const [binding] = map[id] ?? [];
    return {
      id,
      label: names.get(id) ?? id,
      accelerator: binding === undefined ? null : acceleratorOf(binding, mac),
    };
  };
  const menus = Object.entries(MENUS).map(([menu, ids]) => [menu, ids.map(entry)]);
  const shown = others.map(({ id, name }) => ({ id, label: name, accelerator: null }));
  const all = Object.fromEntries(menus) as unknown as Menus;
  return shown.length === 0 ? all : { ...all, window: [...all.window, null, ...shown] };
}

/** What there must be for a command to do anything. */
type Need =
  | 'project'
  | 'shot'
  | 'take'
  | 'anchor'
  | 'range'
  | 'engine'
  | 'learning'
  | 'learnt'
  | 'undo'
  | 'redo';

export type Present = Readonly<Record<Need, boolean>>;

const OF_MENU: Readonly<Record<MenuName, readonly Need[]>> = {
  file: [],
  edit: [],
  shot: ['project', 'shot'],
  take: ['project', 'shot', 'take'],
  render: ['project', 'shot', 'engine'],
  view: ['project'],
  window: ['project'],
  help: [],
};

const OF_COMMAND: Readonly<Record<string, readonly Need[]>> = {
  'file.import': ['project', 'engine'],
  'file.save': ['project'],
  'file.saveAs': ['project'],
  'file.collect': ['project'],
  'edit.undo': ['undo'],
  'edit.redo': ['redo'],
  'anchor.lead': ['anchor'],
  'shot.describe': ['project', 'shot', 'engine'],
  'range.remove': ['range'],
  'range.lift': ['range'],
  'frame.save': ['project', 'shot'],
  'marker.add': ['project'],
  'marker.edit': ['project'],
  'marker.remove': ['project'],
  'range.in': ['project'],
  'range.out': ['project'],
  'range.clear': ['range'],
  'timeline.start': ['project'],
  'file.export': ['project'],
  'queue.pause': ['engine'],
  'queue.stopLearning': ['engine', 'learning'],
  'queue.clear': ['engine'],
  'take.saveLora': ['project', 'shot', 'take', 'engine', 'learnt'],
  'view.library': [],
  'view.keys': [],
  'view.plugins': [],
  'plugins.install': ['engine'],
};

/** Ids of the entries that are greyed; whatever else stands in the way, a command says itself when it is given. */
export function impossible(present: Present): readonly string[] {
  return (Object.keys(MENUS) as MenuName[]).flatMap((menu) =>
    MENUS[menu].filter(
      (id): id is string => id !== null && !(OF_COMMAND[id] ?? OF_MENU[menu]).every((need) => present[need]),
    ),
  );
}
