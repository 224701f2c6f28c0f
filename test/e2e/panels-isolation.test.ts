/**
 * A hostile panel in a real browser: it reaches no page, no storage, no network, no other panel and no permission, goes
 * nowhere, and cannot hold the window up.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { join } from 'node:path';
import { chromium, type Frame } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../helpers/chromium.ts';
import { developPlugins } from '../helpers/developed.ts';
import { shots, startWithCounters } from './desk.ts';
import { unfold } from './folds.ts';
import { ROOT, type RunningApp, usedHome } from './running-app.ts';
import { atRest, byItself } from './screen.ts';

const FIXTURES = join(ROOT, 'test/fixtures/plugins');
const hostile = readFileSync(join(FIXTURES, 'hostile-panel/panel/hostile.js'), 'utf8');

/** Names of attempts, read off the panel's own text. */
function attempts(list: string): string[] {
  const body = new RegExp(`window\\.${list} = \\{\\n([\\s\\S]*?)\\n\\};`).exec(hostile)?.[1] ?? '';
  return [...body.matchAll(/^ {2}(?:'([^']+)'|(\w+))[:(]/gm)].map((one) => (one[1] ?? one[2])!);
}

type Attempts = Record<string, Record<string, (what: unknown) => unknown>>;

describe('a hostile panel', () => {
  const home = usedHome();
  const heard: string[] = [];
  let server: Server;
  let port = 0;
  let app: RunningApp;

  beforeAll(async () => {
    server = createServer((request, response) => {
      heard.push(request.url ?? '');
      const isPage = request.url === '/control';
      response.setHeader('content-type', isPage ? 'text/html' : 'text/plain');
      response.end(isPage ? `<body><script>${hostile}</script>` : '');
    });
    // Chromium asks for it of itself, and sockets that upgrade are no requests.
    server.on('upgrade', (request, socket) => {
      heard.push(`upgrade ${request.url}`);
      socket.destroy();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as AddressInfo).port;
    developPlugins(join(home.path, 'data'), [
      join(FIXTURES, 'hostile-panel'),
      join(FIXTURES, 'neighbour-panel'),
    ]);
    app = await startWithCounters(home, [['clip', '24', 24, 0]]);
    await unfold(app.page, 'Hostile');
    await app.page.getByRole('button', { name: 'Neighbour', exact: true }).click();
    await panel('Hostile');
    await panel('Neighbour');
  });
  afterAll(async () => {
    await app?.kill();
    server?.close();
    home.remove();
  });

  const plain = (url: string) => url.replace(/#.*/, '');
  const byName = (name: string) => app.page.locator(`iframe[title=${name}][data-ready]`);

  /** Null where it has none just now: one that tries to leave is put back. */
  async function frameOf(name: string): Promise<Frame | null> {
    const [handle] = await byName(name).elementHandles();
    return (await handle?.contentFrame().catch(() => null)) ?? null;
  }

  async function panel(name: string): Promise<Frame> {
    for (;;) {
      const frame = await frameOf(name);
      if (frame) return frame;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** It was stopped, or is still there: in either case it is started anew, and is its own page again. */
  async function again(): Promise<Frame> {
    const button = app.page.getByRole('button', { name: 'Start again' });
    await Promise.race([
      button.waitFor({ timeout: 3000 }).catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 500)),
    ]);
    for (;;) {
      // On a busy machine it leaves later than it was told to.
      if (await button.isVisible()) await button.click();
      const frame = await frameOf('Hostile');
      if (frame) return frame;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const places = async () => {
    const neighbour = (await panel('Neighbour')).url();
    return {
      page: new URL('/', app.page.url()).href,
      neighbour: new URL('/', neighbour).href,
      // Past the proxy that leads nowhere, so that nothing but the panel's own bounds holds it.
      server: `http://spy.localhost:${port}/`,
    };
  };

  const attempt = async (list: string, name: string, what: unknown) => {
    const frame = await panel('Hostile');
    return frame.evaluate(
      async ({ list, name, what }) => {
        const all = window as unknown as Attempts;
        try {
          return `reached: ${await all[list]![name]!(what)}`;
        } catch {
          return 'refused';
        }
      },
      { list, name, what },
    );
  };

  /** The answer to what the panel says. */
  const asked = (frame: Frame, message: { readonly call: number; readonly [key: string]: unknown }) =>
    frame.evaluate(async (message) => {
      const { port, heard } = window as unknown as {
        port: MessagePort;
        heard: { say: string; call?: number }[];
      };
      port.postMessage(JSON.stringify(message));
      for (;;) {
        const answer = heard.find(({ call }) => call === message.call);
        if (answer) return answer;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }, message);

  /** What runs in it by itself, and not because somebody acted. */
  const copiesByItself = (frame: Frame, call: number, before = '') =>
    byItself<{ say: string; why?: string }>(
      frame,
      `new Promise((done) => {
        ${before};
        port.postMessage(JSON.stringify({ ask: 'run', call: ${call}, command: 'copy', input: { text: 'x' } }));
        const look = setInterval(() => {
          const answer = heard.find((one) => one.call === ${call});
          if (answer) done(answer, clearInterval(look));
        }, 20);
      })`,
    );
  const TAKE_KEYS = `window.focus(); document.querySelector('button').focus()`;
  const press = (frame: Frame) => frame.getByRole('button', { name: 'Press' }).click();
  const alerts = () =>
    byItself<string>(
      app.page,
      `[...document.querySelectorAll('[role=alert]')].map((one) => one.textContent).join()`,
    );
  const holder = () => byItself<string>(app.page, 'document.activeElement.title');

  /** The window hears keys and shows pictures. */
  const answers = async () => {
    await shots(app.page).first().focus();
    await stepsByKeys();
  };
  const stepsByKeys = async () => {
    for (const [key, frame] of [
      ['ArrowRight', 1],
      ['Home', 0],
    ] as const) {
      await app.page.keyboard.press(key);
      await app.page.locator(`[data-shown-frame="${frame}"]`).waitFor();
    }
  };

  it('is of a process and an origin of its own', async () => {
    const frame = await panel('Hostile');
    expect(await frame.evaluate(() => window.origin)).toBe('null');
    expect(await frame.evaluate(() => crossOriginIsolated)).toBe(false);
    // A target of its own: no other site is in its process.
    await app.page.context().newCDPSession(frame);
  });

  it.each(attempts('reach'))('does not reach %s', async (name) => {
    expect(await attempt('reach', name, await places())).toBe('refused');
  });

  it('tries the network in ways that work where they may', async () => {
    heard.length = 0;
    const executablePath = await chromiumPath();
    const browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      args: ['--no-sandbox'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/control`);
      const tried = attempts('network');
      await page.evaluate(
        ({ tried, url }) => {
          for (const name of tried)
            Promise.resolve((window as unknown as Attempts).network![name]!(url)).catch(() => {});
        },
        { tried, url: `http://127.0.0.1:${port}/` },
      );
      await expect.poll(() => new Set(heard).size).toBeGreaterThanOrEqual(tried.length);
    } finally {
      await browser.close();
      heard.length = 0;
    }
  });

  it.each(['spy.localhost', '127.0.0.1'])('sends nothing to %s', async (host) => {
    const url = `http://${host}:${port}/`;
    for (const name of attempts('network')) await attempt('network', name, url);
    // What is asked for last comes last: an honest request from here, after time enough for theirs.
    await app.page.waitForTimeout(1500);
    await fetch(`http://127.0.0.1:${port}/honest`);
    expect(heard.splice(0)).toEqual(['/honest']);
  });

  it('makes no connection of a hint', async () => {
    let connections = 0;
    const listener = createListener((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    const { port: own } = listener.address() as AddressInfo;
    // No policy of a page holds hints back: the proxy that leads nowhere does.
    for (const name of attempts('hints')) await attempt('hints', name, `http://127.0.0.1:${own}/`);
    await app.page.waitForTimeout(1500);
    listener.close();
    expect(connections).toBe(0);
  });

  it('sends nothing to a peer', async () => {
    const socket = createSocket('udp4');
    const packets: string[] = [];
    socket.on('message', (bytes) => packets.push(bytes.toString('hex')));
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    const frame = await panel('Hostile');
    const candidates = await frame.evaluate(async (urls) => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls }] });
      peer.createDataChannel('x');
      const found: string[] = [];
      peer.onicecandidate = ({ candidate }) => candidate && found.push(candidate.candidate);
      await peer.setLocalDescription(await peer.createOffer());
      await new Promise((resolve) => setTimeout(resolve, 2000));
      return found;
    }, `stun:127.0.0.1:${socket.address().port}`);
    expect(packets).toEqual([]);
    expect(candidates.filter((one) => / (udp|UDP) /.test(one))).toEqual([]);
    socket.close();
  });

  it('cannot pass for the engine or for another panel', async () => {
    const frame = await panel('Hostile');
    const neighbour = await panel('Neighbour');
    await frame.evaluate(() => {
      const { port1 } = new MessageChannel();
      parent.postMessage('retake:engine-port', '*', [port1]);
      parent.frames[1]!.postMessage('forged', '*');
    });
    await expect
      .poll(() => neighbour.evaluate(() => (window as never as { heard: unknown[] }).heard))
      .toEqual([
        { fromParent: true, data: 'object' },
        { fromParent: false, data: 'forged' },
      ]);
    // The window still speaks to its own engine.
    expect(await asked(frame, { ask: 'read', call: 20, what: 'frame' })).toMatchObject({ say: 'answer' });
  });

  it('is answered only what its manifest names', async () => {
    const frame = await panel('Hostile');
    const takes = await asked(frame, { ask: 'read', call: 1, what: 'takes' });
    const words = { command: 'add-to-prompt', input: { words: 'x' } };
    const prompt = await asked(frame, { ask: 'run', call: 2, ...words });
    const unknown = await asked(frame, { ask: 'run', call: 3, command: 'file.new', input: {} });
    const shot = await asked(frame, { ask: 'read', call: 4, what: 'shot' });
    expect([takes, prompt, unknown, shot].map(({ say }) => say)).toEqual([
      ...['refused', 'refused', 'refused', 'answer'],
    ]);
    // Of files it hears no path.
    expect(JSON.stringify(shot)).not.toContain(home.path);
  });

  it('changes nothing before it is allowed to', async () => {
    const frame = await panel('Hostile');
    await frame.evaluate(() => {
      const message = { ask: 'run', call: 9, command: 'add-marker', input: { frame: 2, name: 'Mine' } };
      (window as never as { port: MessagePort }).port.postMessage(JSON.stringify(message));
    });
    const asked = app.page.getByRole('alertdialog', { name: 'What Hostile may do' });
    await asked.getByText('Hostile wants to add markers.').waitFor();
    await asked.getByRole('button', { name: 'Not now' }).click();
    await asked.waitFor({ state: 'detached' });
    await app.page.getByRole('tab', { name: 'Markers' }).click();
    expect(await app.page.getByText('Mine').count()).toBe(0);
  });

  it('does not take the keys', async () => {
    await shots(app.page).first().focus();
    const frame = await panel('Hostile');
    await atRest(app.page);
    await byItself(app.page, `void (window.given = new Promise((done) => addEventListener('focus', done)))`);
    await byItself(frame, TAKE_KEYS);
    // It took them, and the window has them again.
    await byItself(app.page, 'window.given.then(() => null)');
    await stepsByKeys();
  });

  it('is stopped where it takes the keys in a loop', async () => {
    await shots(app.page).first().focus();
    const frame = await panel('Hostile');
    await atRest(app.page);
    await byItself(frame, `void setInterval(() => { ${TAKE_KEYS} }, 50)`);
    // Playwright's own ways of waiting are acts of the artist to the page.
    await expect.poll(alerts).toContain('Hostile was stopped. It took the keys again and again.');
    expect(await byName('Hostile').count()).toBe(0);
    await answers();
  });

  it('copies where it was clicked, and not because the window was', async () => {
    const frame = await again();
    await shots(app.page).first().focus();
    await atRest(app.page);
    expect(await copiesByItself(frame, 30)).toMatchObject({
      say: 'refused',
      why: 'Copying: nobody clicked.',
    });
    await app.page.getByRole('tab', { name: 'Takes' }).click();
    expect(await copiesByItself(frame, 31)).toMatchObject({ say: 'refused' });
    expect(await copiesByItself(frame, 32, TAKE_KEYS)).toMatchObject({ say: 'refused' });
    await atRest(app.page);
    await press(frame);
    expect(await copiesByItself(frame, 33)).toMatchObject({ say: 'answer' });
  });

  it('has the keys until Escape, whatever it makes of it', async () => {
    const frame = await again();
    await byItself(
      frame,
      `addEventListener('keydown', (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
      }, true)`,
    );
    await shots(app.page).first().focus();
    await atRest(app.page);
    await press(frame);
    await expect.poll(holder).toBe('Hostile');
    await app.page.keyboard.press('ArrowRight');
    expect(await holder()).toBe('Hostile');
    await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.sendInputEvent({ type: 'keyDown', keyCode: 'Escape' }),
    );
    await expect.poll(holder).not.toBe('Hostile');
    await stepsByKeys();
  });

  it.each(attempts('go'))('does not send %s', async (name) => {
    heard.length = 0;
    const before = app.page.url();
    const [own, beside] = [(await panel('Hostile')).url(), (await panel('Neighbour')).url()].map(plain);
    const pages = app.page.context().pages().length;
    await attempt('go', name, await places()).catch(() => {});
    const frame = await again();
    expect(plain(frame.url())).toBe(own);
    expect(app.page.url()).toBe(before);
    expect(plain((await panel('Neighbour')).url())).toBe(beside);
    expect(app.page.context().pages()).toHaveLength(pages);
    expect(heard).toEqual([]);
  });

  it.each(attempts('flood'))('does not hold the window up by flooding %s', async (name) => {
    const frame = await again();
    void frame
      .evaluate((name) => {
        setTimeout(() => (window as unknown as Attempts).flood![name]!(null));
      }, name)
      .catch(() => {});
    await app.page.getByText('Hostile was stopped.').waitFor();
    expect(await byName('Hostile').count()).toBe(0);
    await answers();
  });
});
