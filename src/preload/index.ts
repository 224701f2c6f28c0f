/** The typed bridge. Until the desktop is built it tells the page the platform only. */
import { contextBridge } from 'electron';

contextBridge.exposeInMainWorld('retake', { platform: process.platform });
