/** The rest of the module: what the application says to the system is kept, so that a spec can look at it. */
import { EventEmitter } from 'node:events';
import { handleScheme } from './scheme-server.ts';

/** For the browser, when it is started. */
export const proxy = { rules: '', bypass: '' };

export const session = {
  defaultSession: Object.assign(new EventEmitter(), {
    setProxy: async (config: { readonly proxyRules?: string; readonly proxyBypassRules?: string }) => {
      proxy.rules = config.proxyRules ?? '';
      proxy.bypass = config.proxyBypassRules ?? '';
    },
    protocol: { handle: handleScheme },
    setPermissionRequestHandler: () => {},
    setPermissionCheckHandler: () => {},
    setDevicePermissionHandler: () => {},
    webRequest: { onHeadersReceived: () => {} },
  }),
};

export const protocol = { registerSchemesAsPrivileged: () => {}, handle: handleScheme };

/** A spec replaces these; untouched, the artist has closed the dialog. */
export const dialog = {
  showOpenDialog: async () => ({ canceled: true, filePaths: [] as string[] }),
  showSaveDialog: async () => ({ canceled: true, filePath: '' }),
  showMessageBox: async () => ({ response: 0, checkboxChecked: false }),
};

export const shell = {
  shown: [] as string[],
  showItemInFolder: (path: string) => void shell.shown.push(path),
  openPath: async () => '',
};

interface MenuTemplate {
  readonly id?: string;
  readonly label?: string;
  readonly submenu?: readonly MenuTemplate[];
  readonly click?: () => void;
}

let applicationMenu: Menu | null = null;

export class Menu {
  readonly items: readonly MenuTemplate[];

  constructor(items: readonly MenuTemplate[]) {
    this.items = items;
  }

  static buildFromTemplate(template: readonly MenuTemplate[]): Menu {
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }

  getMenuItemById(id: string): MenuTemplate | null {
    const find = (items: readonly MenuTemplate[]): MenuTemplate | null => {
      for (const item of items) {
        const found = item.id === id ? item : find(item.submenu ?? []);
        if (found) return found;
      }
      return null;
    };
    return find(this.items);
  }
}

export class Notification extends EventEmitter {
  static readonly shown: { readonly title: string; readonly body: string }[] = [];
  readonly #content: { readonly title: string; readonly body: string };

  static isSupported(): boolean {
    return true;
  }

  constructor(content: { readonly title: string; readonly body: string }) {
    super();
    this.#content = content;
  }

  show(): void {
    Notification.shown.push(this.#content);
  }
}

const blockers = new Set<number>();
let nextBlocker = 1;

export const powerSaveBlocker = {
  start: () => {
    blockers.add(nextBlocker);
    return nextBlocker++;
  },
  stop: (id: number) => blockers.delete(id),
  isStarted: (id?: number) => (id === undefined ? blockers.size > 0 : blockers.has(id)),
};

export const screen = {
  getPrimaryDisplay: () => ({ workAreaSize: { width: 1920, height: 1040 }, scaleFactor: 1 }),
};

/** A picture only in so far as it is known whether there is one. */
export const nativeImage = {
  createFromDataURL: (url: string) => ({ url, isEmpty: () => !/^data:image\/png;base64,.+/.test(url) }),
  createFromBitmap: (bitmap: Uint8Array) => ({ url: '', isEmpty: () => bitmap.length === 0 }),
};
