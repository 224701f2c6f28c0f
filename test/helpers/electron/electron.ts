/** The exports of `electron` in the main process that Retake uses, and the ear for a spec's orders. */
import { app } from './app.ts';
import { ipcMain } from './ipc.ts';
import { MessageChannelMain } from './ports.ts';
import {
  dialog,
  Menu,
  Notification,
  nativeImage,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
} from './small.ts';
import { utilityProcess } from './utility-process.ts';
import { BrowserWindow } from './window.ts';

export {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  Notification,
  nativeImage,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
};

/** A spec runs a function here, as Playwright's ElectronApplication.evaluate does. */
export interface Order {
  readonly id: number;
  readonly source: string;
  readonly arg: unknown;
}
export type OrderAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

const electron = { app, BrowserWindow, dialog, Menu, Notification, powerSaveBlocker, shell };

process.on('message', async ({ id, source, arg }: Order) => {
  const answer = (one: OrderAnswer) => process.connected && process.send?.(one);
  try {
    const run = new Function(`return (${source})`)() as (modules: object, arg: unknown) => unknown;
    answer({ id, value: await run(electron, arg) });
  } catch (error) {
    answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
// A spec that ended badly leaves no application behind.
process.on('disconnect', () => app.exit(1));
