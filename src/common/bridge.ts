/**
 * What the preload script gives the page as `window.retake`. Plain data only crosses: a thrown error would lose its code,
 * so an answer is either a value or a WireError. Only src/renderer/engine.ts touches it.
 */
import type { EngineCalls, EngineEvent } from './contract.ts';
import type { DesktopCalls, DesktopEvent } from './desktop.ts';
import type { WireError } from './errors.ts';

export type Calls = EngineCalls & DesktopCalls;
export type Events = EngineEvent | DesktopEvent;

export type Answer<Value> = { readonly value: Value } | { readonly error: WireError };

/** starting: not yet answering; restarting: it died and is being started again; failed: it will not come back by itself. */
export type EngineState = 'starting' | 'up' | 'restarting' | 'failed';

/** What the application menu can ask of the page; the page's own keys run the same commands. */
export const MENU_COMMANDS = [
  'file.new',
  'file.open',
  'file.import',
  'file.save',
  'file.saveAs',
  'file.collect',
  'edit.undo',
  'edit.redo',
  'view.keys',
  'view.bundles',
  'help.about',
] as const;
export type MenuCommand = (typeof MENU_COMMANDS)[number];

export interface EngineBridge {
  call<Name extends keyof Calls & string>(
    name: Name,
    input: Calls[Name]['input'],
  ): Promise<Answer<Calls[Name]['output']>>;
  /** Both return the function that ends the subscription. */
  onEvent(listener: (event: Events) => void): () => void;
  /** Told at once what it is now, then every change; `why` is a line for the artist when it died. */
  onState(listener: (state: EngineState, why: string | null) => void): () => void;
}

/** The part of the page's File that pure code can name. */
export interface DroppedFile {
  readonly name: string;
  readonly size: number;
}

/** What a first run opens: the project when it `exists`, else a new one at that path with the clip in it. */
export interface DemoProject {
  readonly clip: string;
  readonly project: string;
  readonly exists: boolean;
  readonly sourcePrompt: string;
  readonly prompt: string;
}

/** Dialogs answer null when the artist closes them without a choice. Paths are absolute. */
export interface ShellBridge {
  openClipDialog(): Promise<readonly string[] | null>;
  openProjectDialog(): Promise<string | null>;
  saveProjectDialog(name: string): Promise<string | null>;
  openFolderDialog(title: string): Promise<string | null>;
  /** Path of a file dropped on the page; null for one that has none. */
  pathForFile(file: DroppedFile): string | null;
  recentProjects(): Promise<readonly string[]>;
  /** The project the application was started with (file association, command line), once. */
  projectToOpen(): Promise<string | null>;
  revealFile(path: string): Promise<void>;
  /** The clip shipped for a first try, and where the project made from it is kept; null when none is shipped. */
  demo(): Promise<DemoProject | null>;
  setTitle(title: string, projectPath: string | null): void;
  /** Keeps the machine awake while a render runs. */
  keepAwake(on: boolean): void;
  notify(title: string, body: string): void;
  onMenu(listener: (command: MenuCommand) => void): () => void;
  /** A project file opened from outside while the application runs. */
  onOpenProject(listener: (path: string) => void): () => void;
  /** Asked before the window closes: `flush` writes what is unsaved, and the window closes when it settles. */
  onQuit(flush: () => Promise<void>): () => void;
}

export interface Bridge {
  /** process.platform */
  readonly platform: string;
  /** Prefix of a preview's address: mediaRoot + 'previews/' + path; "media://" under Electron. */
  readonly mediaRoot: string;
  readonly engine: EngineBridge;
  readonly shell: ShellBridge;
}
