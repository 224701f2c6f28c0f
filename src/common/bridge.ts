/**
 * What the preload script gives the page as `window.retake`. The engine itself is spoken to over a port of its own, so
 * that pictures do not pass through the shell. Only src/renderer/engine.ts touches it.
 */
import type { Grouped } from './settings/catalogue.ts';

/** starting: not yet answering; restarting: it died and is being started again; failed: it will not come back by itself. */
export type EngineState = 'starting' | 'up' | 'restarting' | 'failed';

/** Data of the window message that brings the engine's port to the page. */
export const ENGINE_PORT = 'retake:engine-port';

export const MENU_NAMES = ['file', 'edit', 'shot', 'take', 'render', 'view', 'window', 'help'] as const;
export type MenuName = (typeof MENU_NAMES)[number];

/** A command of the page as the application's menu shows it. */
interface MenuEntry {
  readonly id: string;
  readonly label: string;
  /** Its key as Electron writes it; null for none. Shown only: the page hears the keys itself. */
  readonly accelerator: string | null;
}

/** What the menus hold beside what is the system's; null is a line, "recent" the list of recent projects. */
export type Menus = Readonly<Record<MenuName, readonly (MenuEntry | 'recent' | null)[]>>;

interface EngineBridge {
  /** Asks for a port; it comes as a window message ENGINE_PORT, and a new one after every restart of the engine. */
  connect(): void;
  /** Told when the engine goes down; `why` is a line for the artist. A port says that it is up. Returns what unsubscribes. */
  onDown(listener: (state: 'restarting' | 'failed', why: string) => void): () => void;
}

/** The part of the page's File that pure code can name. */
interface DroppedFile {
  readonly name: string;
  readonly size: number;
}

/** The shipped clip with edits that suit it, and where a project of it would be kept. */
export interface Demo {
  readonly clip: string;
  readonly project: string;
  /** The artist has opened it before; making it anew would replace it. */
  readonly exists: boolean;
  /** The frames of the clip that are edited, half-open: few enough to render while one watches. Null is all. */
  readonly range: { readonly start: number; readonly end: number } | null;
  /** Settings of a shot that all edits share, in groups; what is not said is the model's own. */
  readonly settings: Grouped;
  readonly edits: readonly { readonly name: string; readonly settings: Grouped }[];
}

/** A file beside the project that an artist writes. */
export interface FileToSave {
  /** Of the dialog. */
  readonly title: string;
  /** Without its ending. */
  readonly name: string;
  readonly ending: 'png' | 'mp4' | 'safetensors';
}

/** Files on their way to another program. */
export interface DraggedFiles {
  /** Absolute; a sequence of pictures is its folder. */
  readonly paths: readonly string[];
  /** What hangs on the pointer, a PNG as a data URL; empty for a plain one. */
  readonly icon: string;
}

/** Dialogs answer null when the artist closes them without a choice. Paths are absolute. */
export interface ShellBridge {
  openClipDialog(): Promise<readonly string[] | null>;
  openProjectDialog(): Promise<string | null>;
  saveProjectDialog(name: string): Promise<string | null>;
  /** A timeline of another program. */
  /** @param more endings that plugins read, without dot */
  openTimelineDialog(more: readonly string[]): Promise<string | null>;
  saveFileDialog(file: FileToSave): Promise<string | null>;
  openModelDialog(): Promise<readonly string[] | null>;
  /** A plugin's .zip. */
  openPluginDialog(): Promise<string | null>;
  openFolderDialog(title: string): Promise<string | null>;
  /** Path of a file dropped on the page; null for one that has none. */
  pathForFile(file: DroppedFile): string | null;
  /** Newest first; those that are gone are left out. */
  recentProjects(): Promise<readonly string[]>;
  /** The project the application was started with (file association, command line), once. */
  projectToOpen(): Promise<string | null>;
  /** Null where this installation ships none. */
  demo(): Promise<Demo | null>;
  revealFile(path: string): Promise<void>;
  /** Answers a drag that began in the page: it goes on as one of files, out of the window. */
  dragOut(files: DraggedFiles): void;
  setTitle(title: string, projectPath: string | null): void;
  /** Keeps the machine awake while a render runs. */
  keepAwake(on: boolean): void;
  /** Gives the window the whole screen, and what it had before back. */
  setFullScreen(on: boolean): void;
  notify(title: string, body: string): void;
  /** Said when the page is there, and again when its keys change. */
  setMenus(menus: Menus): void;
  /** Ids of entries that cannot be given now; all others can. */
  greyMenus(ids: readonly string[]): void;
  /** An entry was chosen, by its command's id. */
  onMenu(listener: (command: string) => void): () => void;
  /** Escape goes down, in the page or in a panel: told before either hears of it, and whatever they make of it. */
  onEscape(listener: () => void): () => void;
  /** A project file opened from outside while the application runs. */
  onOpenProject(listener: (path: string) => void): () => void;
  /** A timeline that another program hands over. */
  onOpenTimeline(listener: (path: string) => void): () => void;
  /** Asked before the window closes: `flush` writes what is unsaved, and the window closes when it settles. */
  onQuit(flush: () => Promise<void>): () => void;
}

export interface Bridge {
  /** process.platform */
  readonly platform: string;
  /** Prefix of a preview's address: mediaRoot + 'previews/' + path. */
  readonly mediaRoot: string;
  /** Address below which a panel's files lie, with a star for its host. */
  readonly panelRoot: string;
  readonly engine: EngineBridge;
  readonly shell: ShellBridge;
}
