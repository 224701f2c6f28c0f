/** app: readiness, paths, one instance, quitting in Electron's order. */
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { closeBrowser } from './browser.ts';
import { childMetrics, killChildren } from './utility-process.ts';
import { home, lifecycle, windows } from './windows.ts';

const root = resolve(import.meta.dirname, '../../..');

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly name = 'retake';
  /** What the application told the system. */
  readonly recentDocuments: string[] = [];
  readonly #ready = new Promise<void>((done) =>
    setImmediate(() => {
      this.emit('ready');
      done();
    }),
  );
  #lock: string | null = null;
  #handedOver: Promise<unknown> = Promise.resolve();

  whenReady(): Promise<void> {
    return this.#ready;
  }

  getVersion(): string {
    return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  }

  getAppPath(): string {
    return root;
  }

  getPath(name: string): string {
    const path = name === 'userData' ? home : join(home, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  getAppMetrics() {
    return childMetrics();
  }

  addRecentDocument(path: string): void {
    this.recentDocuments.push(path);
  }

  /** The second one hands its arguments to the first over a socket in the user's data folder. */
  requestSingleInstanceLock(): boolean {
    const file = join(this.getPath('userData'), 'instance.lock');
    const address = join(home, 'instance.sock');
    if (holderOf(file) !== null) {
      const words = JSON.stringify({ args: process.argv, cwd: process.cwd() });
      const socket = connect(address, () => socket.end(words));
      this.#handedOver = new Promise((done) => socket.on('close', done).on('error', done));
      return false;
    }
    rmSync(address, { force: true });
    writeFileSync(file, String(process.pid));
    this.#lock = file;
    createServer((socket) => {
      let words = '';
      socket.on('data', (chunk) => {
        words += String(chunk);
      });
      socket.on('end', () => {
        const { args, cwd } = JSON.parse(words) as { args: string[]; cwd: string };
        this.emit('second-instance', {}, args, cwd);
      });
    })
      .listen(address)
      .unref();
    return true;
  }

  quit(): void {
    if (this.#refused('before-quit')) return;
    for (const window of [...windows]) window.close();
    if (windows.size > 0) return;
    if (!this.#refused('will-quit')) void this.#exit();
  }

  exit(code = 0): void {
    void this.#exit(code);
  }

  async #exit(code = 0): Promise<void> {
    this.emit('quit', {}, code);
    killChildren();
    await this.#handedOver;
    if (this.#lock) rmSync(this.#lock, { force: true });
    await Promise.race([closeBrowser(), new Promise((done) => setTimeout(done, 3000))]);
    process.exit(code);
  }

  #refused(name: string): boolean {
    let refused = false;
    this.emit(name, {
      preventDefault: () => {
        refused = true;
      },
    });
    return refused;
  }
}

/** Process that holds a lock file; null when there is none alive. */
function holderOf(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return null;
  }
}

export const app = new App();
lifecycle.on('all-closed', () => app.emit('window-all-closed'));
