/** The Electron shell. Windows and lifetimes only; all work is done by the engine process. */
import { join } from 'node:path';
import { app, type BrowserWindow, Menu, Notification, powerSaveBlocker, session, shell } from 'electron';
import type { Menus } from '../../common/bridge.ts';
import type { ShellNotes } from '../../common/channels.ts';
import { readDemo } from './demo.ts';
import {
  openClips,
  openFolder,
  openModels,
  openPlugin,
  openProject,
  openTimeline,
  quitUnsaved,
  saveFile,
  saveProject,
} from './dialogs.ts';
import { dragOut } from './drag-out.ts';
import { type Engine, startEngine } from './engine.ts';
import { listen } from './ipc.ts';
import { openLog } from './log.ts';
import { buildMenu, greyMenu } from './menu.ts';
import { projectArgument } from './open-with.ts';
import { PANEL_SCHEME } from './panel-frames.ts';
import { servePanels } from './panels.ts';
import { appPaths } from './paths.ts';
import { PAGE_ROOT, registerSchemes, serveFolders } from './protocol.ts';
import { openRecent } from './recent.ts';
import { resolveBridge } from './resolve/bridge.ts';
import { resolveCalls } from './resolve/calls.ts';
import {
  contentSecurityPolicy,
  denyDownloads,
  denyNetwork,
  denyPermissions,
  developmentServer,
} from './security.ts';
import { type Closing, closeWithCare, openWindow } from './windows.ts';

/** Closing the project in an engine that hangs must not keep the artist. */
const CLOSE_PROJECT_MS = 5000;

registerSchemes();
// Windows shows notifications only of applications it knows by name.
if (process.platform === 'win32') app.setAppUserModelId('app.retake.desktop');

if (app.requestSingleInstanceLock()) run();
else app.quit();

function run(): void {
  let window: BrowserWindow | null = null;
  let closing: Closing | null = null;
  let engine: Engine | null = null;
  /** The project to show when the page (re)loads. */
  let project: string | null = projectArgument(process.argv, process.cwd());
  /** The one in the window. */
  let shown: string | null = null;

  const tell = <Name extends keyof ShellNotes>(name: Name, note: ShellNotes[Name]) =>
    window?.webContents.send(name, note);
  const openFromOutside = (path: string) => {
    // A page that is still loading asks for it when it is ready.
    project = path;
    tell('projects:open', path);
    show();
  };
  const show = () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  };

  app.on('second-instance', (_event, args, cwd) => {
    const path = projectArgument(args, cwd);
    if (path) openFromOutside(path);
    else show();
  });
  // macOS hands files over by event, also before the application is ready.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openFromOutside(path);
  });
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', () => engine?.stop());

  void app.whenReady().then(async () => {
    const paths = appPaths();
    const logs = app.getPath('logs');
    const log = openLog(logs);
    const devServer = developmentServer(app.isPackaged, process.env);
    const devOrigin = devServer && new URL(devServer).origin;

    denyPermissions(session.defaultSession);
    denyDownloads(session.defaultSession);
    await denyNetwork(session.defaultSession, devOrigin);
    serveFolders(session.defaultSession, { page: paths.page, previews: paths.previews, devOrigin });
    servePanels(session.defaultSession, {
      plugins: async () => (await engine?.call('plugins.list', null)) ?? [],
      devOrigin,
    });
    if (devOrigin) {
      session.defaultSession.webRequest.onHeadersReceived({ urls: [`${devOrigin}/*`] }, (details, answer) =>
        answer({
          responseHeaders: {
            ...details.responseHeaders,
            'content-security-policy': [contentSecurityPolicy(devOrigin)],
          },
        }),
      );
    }

    const bridge = resolveBridge({
      ...{
        memory: join(app.getPath('userData'), 'resolve.json'),
        home: paths.home,
        panel: paths.resolvePanel,
      },
      calls: resolveCalls({
        engine: () => engine,
        project: () => shown,
        folder: join(paths.home, 'resolve'),
        opens: (path) => {
          tell('timelines:open', path);
          show();
        },
      }),
      log,
      onChange: () => showMenu(),
    });
    app.on('will-quit', () => bridge.close());

    const recent = openRecent(join(app.getPath('userData'), 'recent.json'), (path) => {
      app.addRecentDocument(path);
      showMenu();
    });
    let menus: Menus | null = null;
    let greyed: readonly string[] = [];
    const showMenu = () => {
      Menu.setApplicationMenu(
        buildMenu(
          {
            menus,
            recent: recent.list(),
            run: (command) => tell('menu', command),
            openProject: openFromOutside,
            logs,
            resolve: {
              listens: bridge.listens(),
              onSwitch: (on) => void bridge.switchTo(on),
              onInstall: () => {
                if (window) void bridge.install(window);
              },
            },
          },
          process.platform === 'darwin',
        ),
      );
      greyMenu(menus, greyed);
    };
    showMenu();

    engine = startEngine({ file: paths.engine, trial: paths.trial, env: paths.env, onOutput: log });
    let blocker: number | null = null;
    let wasFull = false;

    listen(
      devServer ?? PAGE_ROOT,
      {
        'dialog:clips': (_input, parent) => openClips(parent),
        'dialog:models': (_input, parent) => openModels(parent),
        'dialog:plugin': (_input, parent) => openPlugin(parent),
        'dialog:project': (_input, parent) => openProject(parent),
        'dialog:timeline': (more, parent) => openTimeline(parent, more),
        'dialog:save': (name, parent) => saveProject(parent, name, app.getPath('documents')),
        'dialog:file': (file, parent) => saveFile(parent, file, app.getPath('documents')),
        'dialog:folder': (title, parent) => openFolder(parent, title),
        'projects:recent': () => recent.list(),
        'projects:start': () => project,
        'demo:get': () => readDemo(paths.demo, join(app.getPath('documents'), 'Retake Demo.retake')),
        'file:reveal': (path) => {
          shell.showItemInFolder(path);
          return null;
        },
      },
      {
        'engine:connect': (_note, from) => engine?.connect(from.webContents),
        'window:title': ({ title, projectPath }, from) => {
          from.setTitle(title);
          if (process.platform === 'darwin') from.setRepresentedFilename(projectPath ?? '');
          project = projectPath ?? project;
          shown = projectPath;
          if (projectPath) recent.add(projectPath);
        },
        'drag:files': (files, from) => dragOut(from.webContents, files),
        'menu:set': (said) => {
          menus = said;
          showMenu();
        },
        'menu:grey': (ids) => {
          greyed = ids;
          greyMenu(menus, greyed);
        },
        'power:awake': (on) => {
          if (blocker !== null) powerSaveBlocker.stop(blocker);
          blocker = on ? powerSaveBlocker.start('prevent-app-suspension') : null;
        },
        'window:full': (on, from) => {
          if (on) wasFull = from.isFullScreen();
          from.setFullScreen(on || wasFull);
        },
        notify: ({ title, body }) => {
          if (!Notification.isSupported()) return;
          const notification = new Notification({ title, body });
          notification.on('click', show);
          notification.show();
        },
        'quit:flushed': ({ error }) => closing?.onFlushed(error),
      },
    );

    const opened = openWindow({
      url: devServer ?? PAGE_ROOT,
      mediaRoot: devServer ? PAGE_ROOT : null,
      panelRoot: `${PANEL_SCHEME}://*/`,
      onEscape: () => tell('escape', null),
      onPageGone: (reason) => log(`[app] the page stopped: ${reason}\n`),
    });
    window = opened;
    closing = closeWithCare(opened, {
      askToFlush: () => tell('quit', null),
      closeUnsaved: (why) => quitUnsaved(opened, why),
      finish: () => closeProject(engine),
    });
    opened.on('closed', () => {
      window = null;
    });
  });
}

/** Waits until the engine has let go of the project, within reason. */
async function closeProject(engine: Engine | null): Promise<void> {
  const closed = engine?.call('project.close', null).catch(() => null);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_PROJECT_MS))]);
}
