// Retake's panel in DaVinci Resolve Studio: a window whose page may ask for four things, and nothing else.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { app, BrowserWindow, ipcMain } = require('electron');
const { ask } = require('./retake.js');
const { addTake, bringTimeline, writeTimeline } = require('./resolve.js');

const ID = 'app.retake.resolve';
const { door } = JSON.parse(fs.readFileSync(path.join(__dirname, 'settings.json'), 'utf8'));

let integration = null;

function resolveOf() {
  if (integration === null) {
    // Blackmagic's own library: it lies in the developer folder of Resolve and is put here by hand where Retake did not find it.
    const found = require(path.join(__dirname, 'WorkflowIntegration.node'));
    if (!found.Initialize(ID)) throw new Error('Resolve does not answer.');
    integration = found;
  }
  const resolve = integration.GetResolve();
  if (!resolve) throw new Error('Resolve does not answer.');
  return resolve;
}

const calls = {
  takes: () => ask(door, 'GET', '/takes'),
  bring: async () => {
    const { timeline, script } = await ask(door, 'POST', '/timeline', {});
    return { name: await bringTimeline(resolveOf(), timeline), script };
  },
  send: async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'retake-resolve-'));
    const file = await writeTimeline(resolveOf(), path.join(folder, 'timeline.fcpxml'));
    return ask(door, 'POST', '/open', { path: file });
  },
  add: (file) => addTake(resolveOf(), String(file)),
};

for (const [name, call] of Object.entries(calls))
  ipcMain.handle(name, async (_event, input) => {
    try {
      return { value: await call(input) };
    } catch (error) {
      return { error: error.message };
    }
  });

app.whenReady().then(() => {
  const window = new BrowserWindow({
    width: 480,
    height: 640,
    useContentSize: true,
    webPreferences: {
      preload: path.join(__dirname, 'preload.js'),
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
    },
  });
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  window.setMenu(null);
  window.loadFile('index.html');
});

app.on('window-all-closed', () => {
  integration?.CleanUp();
  app.quit();
});
