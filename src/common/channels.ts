/** Names and contents of what preload and shell say to each other. */
import type { Demo, DraggedFiles, EngineState, FileToSave, Menus } from './bridge.ts';

/** The page asks, the shell answers. */
export type ShellCalls = {
  'dialog:clips': { input: null; output: readonly string[] | null };
  'dialog:models': { input: null; output: readonly string[] | null };
  'dialog:plugin': { input: null; output: string | null };
  'dialog:project': { input: null; output: string | null };
  'dialog:timeline': { input: readonly string[]; output: string | null };
  'dialog:save': { input: string; output: string | null };
  'dialog:file': { input: FileToSave; output: string | null };
  'dialog:folder': { input: string; output: string | null };
  'projects:recent': { input: null; output: readonly string[] };
  'projects:start': { input: null; output: string | null };
  'demo:get': { input: null; output: Demo | null };
  'file:reveal': { input: string; output: null };
};

/** The page tells the shell. */
export type PageNotes = {
  'engine:connect': null;
  'window:title': { readonly title: string; readonly projectPath: string | null };
  'drag:files': DraggedFiles;
  'menu:set': Menus;
  'menu:grey': readonly string[];
  'power:awake': boolean;
  'window:full': boolean;
  notify: { readonly title: string; readonly body: string };
  /** Answer to `quit`; what could not be saved, if anything. */
  'quit:flushed': { readonly error: string | null };
};

/** The shell tells the page. `engine:port` brings a port. */
export type ShellNotes = {
  'engine:port': null;
  'engine:down': { readonly state: Exclude<EngineState, 'starting' | 'up'>; readonly why: string };
  menu: string;
  /** Escape goes down, wherever the keys are: said before any page hears of it. */
  escape: null;
  'projects:open': string;
  /** A timeline that another program hands over. */
  'timelines:open': string;
  quit: null;
};
