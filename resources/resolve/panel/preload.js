'use strict';

const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('retake', {
  takes: () => ipcRenderer.invoke('takes'),
  bring: () => ipcRenderer.invoke('bring'),
  send: () => ipcRenderer.invoke('send'),
  add: (path) => ipcRenderer.invoke('add', path),
});
