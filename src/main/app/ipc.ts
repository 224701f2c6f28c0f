/** Listens to the page: every message is checked for who sent it and what it holds. */
import { isAbsolute } from 'node:path';
import { BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent, ipcMain } from 'electron';
import { z } from 'zod';
import { MENU_NAMES, type MenuName } from '../../common/bridge.ts';
import type { PageNotes, ShellCalls } from '../../common/channels.ts';
import { isOwnPage } from './security.ts';

const text = z.string().max(10_000);
const MOST_ENTRIES = 200;
const entry = z.object({ id: text, label: text, accelerator: text.nullable() });
const entries = z.array(z.union([entry, z.literal('recent'), z.null()])).max(MOST_ENTRIES);
const menus = z.object(
  Object.fromEntries(MENU_NAMES.map((name) => [name, entries])) as Record<MenuName, typeof entries>,
);

const calls: { readonly [Name in keyof ShellCalls]: z.ZodType<ShellCalls[Name]['input']> } = {
  'dialog:clips': z.null(),
  'dialog:models': z.null(),
  'dialog:plugin': z.null(),
  'dialog:project': z.null(),
  'dialog:timeline': z.array(z.string().regex(/^[a-z0-9]{1,16}$/)).max(500),
  'dialog:save': text,
  'dialog:file': z.object({ title: text, name: text, ending: z.enum(['png', 'mp4', 'safetensors']) }),
  'dialog:folder': text,
  'projects:recent': z.null(),
  'projects:start': z.null(),
  'demo:get': z.null(),
  'file:reveal': text,
};

const notes: { readonly [Name in keyof PageNotes]: z.ZodType<PageNotes[Name]> } = {
  'engine:connect': z.null(),
  'window:title': z.object({ title: text, projectPath: text.nullable() }),
  'drag:files': z.object({
    paths: z.array(text.refine((path) => isAbsolute(path))).min(1),
    icon: z.string().max(2_000_000),
  }),
  'menu:set': menus,
  'menu:grey': z.array(text).max(MOST_ENTRIES),
  'power:awake': z.boolean(),
  'window:full': z.boolean(),
  notify: z.object({ title: text, body: text }),
  'quit:flushed': z.object({ error: text.nullable() }),
};

export type CallHandlers = {
  readonly [Name in keyof ShellCalls]: (
    input: ShellCalls[Name]['input'],
    window: BrowserWindow,
  ) => ShellCalls[Name]['output'] | Promise<ShellCalls[Name]['output']>;
};

export type NoteHandlers = {
  readonly [Name in keyof PageNotes]: (note: PageNotes[Name], window: BrowserWindow) => void;
};

/** @param pageRoot where the page's address must begin */
export function listen(pageRoot: string, onCall: CallHandlers, onNote: NoteHandlers): void {
  const sender = (event: IpcMainEvent | IpcMainInvokeEvent): BrowserWindow | null =>
    isOwnPage(event, pageRoot) ? BrowserWindow.fromWebContents(event.sender) : null;

  for (const name of Object.keys(calls) as (keyof ShellCalls)[]) {
    ipcMain.handle(name, (event, input: unknown) => {
      const window = sender(event);
      if (!window) throw new Error(`${name} was asked by a stranger`);
      const handler = onCall[name] as (input: unknown, window: BrowserWindow) => unknown;
      return handler(calls[name].parse(input), window);
    });
  }
  for (const name of Object.keys(notes) as (keyof PageNotes)[]) {
    ipcMain.on(name, (event, note: unknown) => {
      const window = sender(event);
      const checked = notes[name].safeParse(note);
      const handler = onNote[name] as (note: unknown, window: BrowserWindow) => void;
      if (window && checked.success) handler(checked.data, window);
    });
  }
}
