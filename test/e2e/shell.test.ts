/** The shell alone: window, bridge, security, previews, further instances, the engine's deaths, quitting. */

import { createSocket } from 'node:dgram';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { menu } from './desk.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
let app: RunningApp;
beforeAll(async () => {
  const previews = join(home.path, 'data', 'previews');
  mkdirSync(join(previews, 'clip'), { recursive: true });
  writeFileSync(join(previews, 'clip', 'bytes.bin'), Buffer.from('0123456789'));
  writeFileSync(join(home.path, 'data', 'secret.txt'), 'secret');
  symlinkSync(join(home.path, 'data', 'secret.txt'), join(previews, 'link.bin'));
  app = await launch({ home: home.path });
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const enginePid = () =>
  app.evaluate(({ app }) => app.getAppMetrics().find((one) => one.name === 'Retake engine')?.pid ?? null);

async function until<Value>(ask: () => Promise<Value>, done: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the page', () => {
  it('is shown without a complaint', async () => {
    await app.page.getByRole('heading', { name: 'Retake' }).waitFor();
    expect(app.output()).not.toContain('[page]');
  });

  it('has the bridge and nothing of Node or Electron', async () => {
    const found = await app.page.evaluate(() => {
      const world = globalThis as unknown as Record<string, unknown>;
      return {
        leaked: [
          'require',
          'process',
          'module',
          'Buffer',
          'electron',
          'ipcRenderer',
          '__electronDouble',
        ].filter((name) => name in world),
        bridge: Object.keys(world.retake as object).sort(),
        platform: (world.retake as { platform: string }).platform,
      };
    });
    expect(found).toEqual({
      leaked: [],
      bridge: ['engine', 'mediaRoot', 'panelRoot', 'platform', 'shell'],
      platform: process.platform,
    });
  });

  it('can neither reach the network nor make code from text', async () => {
    const answers = await app.page.evaluate(async () => {
      const attempt = async (what: () => unknown) => {
        try {
          await what();
          return 'allowed';
        } catch {
          return 'refused';
        }
      };
      const image = () =>
        new Promise((resolve, reject) => {
          const picture = new Image();
          picture.onload = resolve;
          picture.onerror = reject;
          picture.src = 'http://127.0.0.1:9/x.png';
        });
      const blocked: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
      const results = [
        await attempt(() => fetch('http://127.0.0.1:9/')),
        // What the debugger runs itself may do this; what the page runs later may not.
        await attempt(
          () =>
            new Promise((resolve, reject) =>
              setTimeout(() => {
                try {
                  resolve(new Function('return 1')());
                } catch (error) {
                  reject(error);
                }
              }),
            ),
        ),
        await attempt(image),
      ];
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { results, blocked: blocked.sort() };
    });
    expect(answers).toEqual({
      results: ['refused', 'refused', 'refused'],
      blocked: ['connect-src', 'img-src', 'script-src'],
    });
  });

  it('sends nothing over a peer connection', async () => {
    // They answer nothing: whoever asks them has already sent something out.
    const stun = createSocket('udp4');
    const turn = createServer();
    let heard = 0;
    stun.on('message', () => {
      heard += 1;
    });
    turn.on('connection', (socket) => {
      heard += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => stun.bind(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => turn.listen(0, '127.0.0.1', resolve));
    await app.page.evaluate(
      async ([udp, tcp]) => {
        const login = { username: 'a', credential: 'b' };
        const iceServers = [
          { urls: `stun:127.0.0.1:${udp}` },
          { urls: `turn:127.0.0.1:${tcp}?transport=tcp`, ...login },
        ];
        const peer = new RTCPeerConnection({ iceServers });
        peer.createDataChannel('x');
        await peer.setLocalDescription(await peer.createOffer());
        await new Promise((resolve) => setTimeout(resolve, 2000));
        peer.close();
      },
      [stun.address().port, (turn.address() as AddressInfo).port] as const,
    );
    expect(heard).toBe(0);
    stun.close();
    turn.close();
  });

  it('stays where it is and opens no window', async () => {
    const before = app.page.url();
    const opened = await app.page.evaluate(() => {
      const other = window.open('http://127.0.0.1:9/');
      location.href = 'http://127.0.0.1:9/elsewhere';
      return other !== null && !other.closed;
    });
    await app.page.waitForTimeout(300);
    expect(app.page.url()).toBe(before);
    const windows = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
    expect(windows).toBe(1);
    await app.page.getByRole('heading', { name: 'Retake' }).waitFor();
    // Chromium without Electron gives a window before it can be closed.
    if (opened)
      expect(
        app.page
          .context()
          .pages()
          .filter((one) => one.url().includes(':9/')),
      ).toEqual([]);
  });
});

describe('previews', () => {
  const get = (path: string, range: string | null) =>
    app.page.evaluate(
      async ([path, range]) => {
        const { mediaRoot } = window.retake!;
        const response = await fetch(`${mediaRoot}previews/${path}`, {
          ...(range && { headers: { range } }),
        });
        return { status: response.status, text: await response.text() };
      },
      [path, range] as const,
    );

  it('come whole and in parts', async () => {
    expect(await get('clip/bytes.bin', null)).toEqual({ status: 200, text: '0123456789' });
    expect(await get('clip/bytes.bin', 'bytes=2-4')).toEqual({ status: 206, text: '234' });
    expect((await get('clip/bytes.bin', 'bytes=50-')).status).toBe(416);
  });

  it.each(['../secret.txt', '%2e%2e/secret.txt', '..%2fsecret.txt', 'link.bin', '%2Fetc%2Fhostname', 'clip'])(
    'never lead out of their folder: %s',
    async (path) => {
      const { status, text } = await get(path, null);
      expect(status).toBe(404);
      expect(text).not.toContain('secret');
    },
  );
});

describe('the menu', () => {
  it('asks the page', async () => {
    await menu(app, 'view.keys');
    await app.page.getByRole('dialog').waitFor();
    await app.page.keyboard.press('Escape');
    await app.page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

describe('the engine', () => {
  it('comes back after it was killed, stays down after the fifth time, and a reload tries again', async () => {
    const heard = () =>
      app.page.evaluate(() => (window as unknown as { heard: [string, string][] | undefined }).heard ?? []);
    await app.page.evaluate(() => {
      const world = window as unknown as { heard: [string, string][] };
      world.heard = [];
      window.retake!.engine.onDown((state, why) => world.heard.push([state, why]));
    });
    let last: number | null = null;
    for (let time = 0; time < 5; time += 1) {
      const pid = await until(enginePid, (one) => one !== null && one !== last);
      process.kill(pid!, 'SIGKILL');
      await until(heard, (all) => all.length > time);
      last = pid;
    }
    const states = (await heard()).map(([state]) => state);
    expect(states).toEqual(['restarting', 'restarting', 'restarting', 'restarting', 'failed']);
    expect((await heard())[0]![1]).toMatch(/exit code/);
    await app.page.reload();
    expect(await until(enginePid, (pid) => pid !== null)).not.toBe(last);
  });

  it('comes back when it no longer answers', async () => {
    const pid = await until(enginePid, (one) => one !== null);
    await app.page.waitForFunction(() => document.body.textContent !== '');
    // Its watchdog has to have been heard once.
    await app.page.waitForTimeout(2000);
    const down = app.page.evaluate(
      () => new Promise<string>((resolve) => window.retake!.engine.onDown((_state, why) => resolve(why))),
    );
    process.kill(pid!, 'SIGSTOP');
    expect(await down).toBe('it did not answer any more');
    expect(await until(enginePid, (one) => one !== null && one !== pid)).not.toBe(pid);
  });
});

describe('what networks run on', () => {
  it('is tried in processes that the shell starts', async () => {
    const seen = new Set<string>();
    const names = () => app.evaluate(({ app }) => app.getAppMetrics().map((one) => one.name ?? ''));
    await menu(app, 'view.library');
    await app.page.getByRole('tab', { name: 'Runs on' }).click();
    const works = app.page.getByText(/^Works/).first();
    while (!(await works.isVisible())) for (const name of await names()) seen.add(name);
    expect([...seen]).toContain('Retake trial');
    await until(names, (all) => !all.includes('Retake trial'));
    await app.page.keyboard.press('Escape');
  });
});

describe('a second start', () => {
  it('hands its project to the first and ends', async () => {
    await app.page.evaluate(() => {
      const world = window as unknown as { opened: string[] };
      world.opened = [];
      window.retake!.shell.onOpenProject((path) => world.opened.push(path));
    });
    const project = join(home.path, 'absent.retake');
    const second = await launch({ home: home.path, args: [project], withoutWindow: true });
    await second.gone;
    const opened = await until(
      () => app.page.evaluate(() => (window as unknown as { opened: string[] }).opened),
      (paths) => paths.length > 0,
    );
    expect(opened).toEqual([project]);
  });
});

describe('quitting', () => {
  it('asks when the project cannot be saved, and stays when told to', async () => {
    await app.page.evaluate(() => {
      window.retake!.shell.onQuit(async () => {
        throw new Error('the disk is full');
      });
    });
    const close = (answer: number) =>
      app.evaluate(async ({ BrowserWindow, dialog }, response) => {
        const asked: string[] = [];
        dialog.showMessageBox = async (...args: unknown[]) => {
          asked.push((args.at(-1) as { detail: string }).detail);
          return { response, checkboxChecked: false };
        };
        BrowserWindow.getAllWindows()[0]!.close();
        while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        return asked;
      }, answer);
    expect(await close(0)).toEqual(['the disk is full']);
    await app.page.waitForTimeout(200);
    expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    await app.page.evaluate(() => window.retake!.shell.onQuit(async () => {}));
  });

  it('ends application and engine', async () => {
    const pid = await until(enginePid, (pid) => pid !== null);
    await app.quit();
    expect(await app.gone).toBe(0);
    await until(
      async () => alive(pid!),
      (living) => !living,
    );
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
