/** The typed bridge: named calls only, never ipcRenderer itself. Runs sandboxed, in a world of its own. */
import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import { type Bridge, ENGINE_PORT } from '../common/bridge.ts';
import type { PageNotes, ShellCalls, ShellNotes } from '../common/channels.ts';

function ask<Name extends keyof ShellCalls>(
  name: Name,
  input: ShellCalls[Name]['input'],
): Promise<ShellCalls[Name]['output']> {
  return ipcRenderer.invoke(name, input);
}

function tell<Name extends keyof PageNotes>(name: Name, note: PageNotes[Name]): void {
  ipcRenderer.send(name, note);
}

function listen<Name extends keyof ShellNotes>(
  name: Name,
  listener: (note: ShellNotes[Name], event: IpcRendererEvent) => void,
): () => void {
  const handler = (event: IpcRendererEvent, note: ShellNotes[Name]) => listener(note, event);
  ipcRenderer.on(name, handler);
  return () => ipcRenderer.removeListener(name, handler);
}

// The port goes on to the page itself: through the bridge every picture would be copied twice.
listen('engine:port', (_note, event) => window.postMessage(ENGINE_PORT, '*', event.ports));

let flush: (() => Promise<void>) | null = null;
listen('quit', () => {
  const flushed = flush?.() ?? Promise.resolve();
  flushed.then(
    () => tell('quit:flushed', { error: null }),
    (error: unknown) =>
      tell('quit:flushed', { error: error instanceof Error ? error.message : String(error) }),
  );
});

/** What the shell said to this window, by its name. */
const said = (name: string) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);

const bridge: Bridge = {
  platform: process.platform,
  // Beside the page itself, except when a development server serves the page.
  mediaRoot: said('retake-media') ?? '/',
  panelRoot: said('retake-panels') ?? '',
  engine: {
    connect: () => tell('engine:connect', null),
    onDown: (listener) => listen('engine:down', ({ state, why }) => listener(state, why)),
  },
  shell: {
    openClipDialog: () => ask('dialog:clips', null),
    openModelDialog: () => ask('dialog:models', null),
    openPluginDialog: () => ask('dialog:plugin', null),
    openProjectDialog: () => ask('dialog:project', null),
    openTimelineDialog: (more) => ask('dialog:timeline', more),
    saveProjectDialog: (name) => ask('dialog:save', name),
    saveFileDialog: (file) => ask('dialog:file', file),
    openFolderDialog: (title) => ask('dialog:folder', title),
    pathForFile: (file) => webUtils.getPathForFile(file as File) || null,
    recentProjects: () => ask('projects:recent', null),
    projectToOpen: () => ask('projects:start', null),
    demo: () => ask('demo:get', null),
    revealFile: async (path) => {
      await ask('file:reveal', path);
    },
    dragOut: (files) => tell('drag:files', files),
    setTitle: (title, projectPath) => tell('window:title', { title, projectPath }),
    keepAwake: (on) => tell('power:awake', on),
    setFullScreen: (on) => tell('window:full', on),
    notify: (title, body) => tell('notify', { title, body }),
    setMenus: (menus) => tell('menu:set', menus),
    greyMenus: (ids) => tell('menu:grey', ids),
    onMenu: (listener) => listen('menu', listener),
    onEscape: (listener) => listen('escape', () => listener()),
    onOpenProject: (listener) => listen('projects:open', listener),
    onOpenTimeline: (listener) => listen('timelines:open', listener),
    onQuit: (listener) => {
      flush = listener;
      return () => {
        if (flush === listener) flush = null;
      };
    },
  },
};

contextBridge.exposeInMainWorld('retake', bridge);
