/** The application menu: what the page says of its commands, and what the system does itself. */
import { Menu, type MenuItemConstructorOptions, shell } from 'electron';
import { MENU_NAMES, type MenuName, type Menus } from '../../common/bridge.ts';

type Items = readonly MenuItemConstructorOptions[];

const LABELS: Readonly<Record<MenuName, string>> = {
  file: 'File',
  edit: 'Edit',
  shot: 'Shot',
  take: 'Take',
  render: 'Render',
  view: 'View',
  window: 'Window',
  help: 'Help',
};

/** On a Mac text fields get their keys from the menu; outside of fields the page has taken these keys before. */
const TEXT_UNDO: Items = [
  { role: 'undo', visible: false, acceleratorWorksWhenHidden: true },
  { role: 'redo', visible: false, acceleratorWorksWhenHidden: true },
];

export interface MenuActions {
  /** Null until the page has said them. */
  readonly menus: Menus | null;
  readonly recent: readonly string[];
  readonly run: (command: string) => void;
  readonly openProject: (path: string) => void;
  /** Folder of the log files. */
  readonly logs: string;
  /** Of DaVinci Resolve. */
  readonly resolve: {
    readonly listens: boolean;
    readonly onSwitch: (on: boolean) => void;
    readonly onInstall: () => void;
  };
}

export function buildMenu(
  { menus, recent, run, openProject, logs, resolve }: MenuActions,
  mac: boolean,
): Menu {
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const recentMenu: MenuItemConstructorOptions = {
    label: 'Open Recent',
    enabled: recent.length > 0,
    submenu: recent.map((path) => ({ label: path, click: () => openProject(path) })),
  };
  const resolveMenu: MenuItemConstructorOptions = {
    label: 'DaVinci Resolve',
    submenu: [
      {
        label: 'Let Resolve ask for timelines',
        type: 'checkbox',
        checked: resolve.listens,
        click: ({ checked }) => resolve.onSwitch(checked),
      },
      { label: 'Install the panel…', click: resolve.onInstall },
    ],
  };
  const item = (one: Menus[MenuName][number]): MenuItemConstructorOptions => {
    if (one === null) return separator;
    if (one === 'recent') return recentMenu;
    const { id, label, accelerator } = one;
    return {
      id,
      label,
      // Shown only: the page hears the keys itself.
      ...(accelerator !== null && { accelerator, registerAccelerator: false }),
      click: () => run(id),
    };
  };
  const system: Readonly<Partial<Record<MenuName, Items>>> = {
    file: [resolveMenu, separator, { role: mac ? 'close' : 'quit' }],
    edit: [
      ...(mac ? TEXT_UNDO : []),
      separator,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
    ],
    view: [
      separator,
      { role: 'zoomIn', label: 'Window larger' },
      { role: 'zoomOut', label: 'Window smaller' },
      { role: 'resetZoom', label: 'Window at its usual size' },
      // Its own key is the viewer's.
      { role: 'togglefullscreen', accelerator: mac ? 'Ctrl+Cmd+F' : 'Shift+F11' },
      { role: 'toggleDevTools' },
    ],
    window: [
      separator,
      { role: 'minimize' },
      ...(mac ? [{ role: 'front' as const }] : [{ role: 'close' as const }]),
    ],
    help: [{ label: 'Show Log Files', click: () => void shell.openPath(logs) }],
  };
  const roles = { window: 'windowMenu', help: 'help' } as const;
  const made = MENU_NAMES.map((name): MenuItemConstructorOptions => {
    const role = roles[name as keyof typeof roles];
    return {
      label: LABELS[name],
      ...(role && { role }),
      submenu: [...(menus?.[name] ?? []).map(item), ...(system[name] ?? [])],
    };
  });
  return Menu.buildFromTemplate([...(mac ? [{ role: 'appMenu' as const }] : []), ...made]);
}

/** Greys what cannot be done now, and gives back what can. */
export function greyMenu(menus: Menus | null, greyed: readonly string[]): void {
  const menu = Menu.getApplicationMenu();
  for (const entry of Object.values(menus ?? {}).flat()) {
    const item = entry === null || entry === 'recent' ? null : menu?.getMenuItemById(entry.id);
    if (item) item.enabled = !greyed.includes(item.id);
  }
}
