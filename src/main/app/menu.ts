/** The application menu, made from a list of the page's own commands. */
import { Menu, type MenuItemConstructorOptions, shell } from 'electron';
import type { MenuCommand } from '../../common/bridge.ts';

interface Entry {
  readonly command: MenuCommand;
  readonly label: string;
  /** Shown only: the page hears the keys itself. */
  readonly accelerator?: string | undefined;
}

const FILE: readonly (Entry | 'separator' | 'recent')[] = [
  { command: 'file.new', label: 'New Project…', accelerator: 'CmdOrCtrl+N' },
  { command: 'file.open', label: 'Open Project…', accelerator: 'CmdOrCtrl+O' },
  'recent',
  { command: 'file.backups', label: 'Open a Backup…' },
  'separator',
  { command: 'file.openTimeline', label: 'Open a Timeline…' },
  { command: 'file.import', label: 'Import Clips…', accelerator: 'CmdOrCtrl+I' },
  'separator',
  { command: 'file.save', label: 'Save', accelerator: 'CmdOrCtrl+S' },
  { command: 'file.saveAs', label: 'Save As…', accelerator: 'CmdOrCtrl+Shift+S' },
  { command: 'file.collect', label: 'Collect into a Folder…' },
  'separator',
  { command: 'file.export', label: 'Export…', accelerator: 'CmdOrCtrl+E' },
];

const EDIT: readonly Entry[] = [
  { command: 'edit.undo', label: 'Undo', accelerator: 'CmdOrCtrl+Z' },
  { command: 'edit.redo', label: 'Redo', accelerator: 'CmdOrCtrl+Shift+Z' },
];

/** On a Mac text fields get their keys from the menu; outside of fields the page has taken these keys before. */
const TEXT_UNDO: readonly MenuItemConstructorOptions[] = [
  { role: 'undo', visible: false, acceleratorWorksWhenHidden: true },
  { role: 'redo', visible: false, acceleratorWorksWhenHidden: true },
];

export interface MenuActions {
  readonly recent: readonly string[];
  readonly run: (command: MenuCommand) => void;
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

export function buildMenu({ recent, run, openProject, logs, resolve }: MenuActions, mac: boolean): Menu {
  const item = ({ command, label, accelerator }: Entry): MenuItemConstructorOptions => ({
    id: command,
    label,
    ...(accelerator && { accelerator, registerAccelerator: false }),
    click: () => run(command),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const recentMenu: MenuItemConstructorOptions = {
    label: 'Open Recent',
    enabled: recent.length > 0,
    submenu: recent.map((path) => ({ label: path, click: () => openProject(path) })),
  };
  const file = FILE.map((one) =>
    one === 'separator' ? separator : one === 'recent' ? recentMenu : item(one),
  );
  const resolveMenu: MenuItemConstructorOptions = {
    label: 'DaVinci Resolve',
    submenu: [
      {
        label: 'Let Resolve Ask for Timelines',
        type: 'checkbox',
        checked: resolve.listens,
        click: ({ checked }) => resolve.onSwitch(checked),
      },
      { label: 'Install the Panel…', click: resolve.onInstall },
    ],
  };
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: 'File',
      submenu: [...file, resolveMenu, separator, { role: mac ? 'close' : 'quit' }],
    },
    {
      label: 'Edit',
      submenu: [
        ...EDIT.map((one) => item(mac ? { ...one, accelerator: undefined } : one)),
        ...(mac ? TEXT_UNDO : []),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        separator,
        item({ command: 'timeline.start', label: 'Start Timecode…' }),
      ],
    },
    {
      label: 'View',
      submenu: [
        item({ command: 'view.library', label: 'Library…' }),
        item({ command: 'view.keys', label: 'Keyboard Shortcuts', accelerator: 'Shift+/' }),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        item({ command: 'view.full', label: 'Viewer on the Whole Screen', accelerator: 'F11' }),
        // Its own key is the viewer's.
        { role: 'togglefullscreen', accelerator: mac ? 'Ctrl+Cmd+F' : 'Shift+F11' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    {
      label: 'Help',
      role: 'help',
      submenu: [
        item({ command: 'help.about', label: 'About Retake' }),
        { label: 'Show Log Files', click: () => void shell.openPath(logs) },
      ],
    },
  ];
  return Menu.buildFromTemplate(template);
}
