/** What application and windows know of each other. */
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folder of this installation's user data. */
export const home = process.env.ELECTRON_DOUBLE_HOME ?? join(tmpdir(), `electron-double-${process.pid}`);

export const windows = new Set<{ close(): void }>();

/** 'all-closed' when the last window is gone. */
export const lifecycle = new EventEmitter();
