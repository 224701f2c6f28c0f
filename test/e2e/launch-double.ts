/** The application on the test double: main under Node, its page in Chromium, the spec on Chromium's debugging port. */
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import type { Order, OrderAnswer } from '../helpers/electron/electron.ts';
import { environment, type LaunchOptions, PATIENCE_MS, ROOT, type RunningApp } from './running-app.ts';

const WINDOW_MS = 2 * PATIENCE_MS;

export async function launchDouble(options: LaunchOptions): Promise<RunningApp> {
  const port = await freePort();
  mkdirSync(options.home, { recursive: true });
  const child = fork(join(ROOT, 'out/main/app.js'), [...(options.args ?? [])], {
    cwd: ROOT,
    env: {
      ...environment(options),
      ELECTRON_DOUBLE_CDP: String(port),
      ELECTRON_DOUBLE_HOME: join(options.home, 'user'),
    },
    execArgv: ['--import', join(ROOT, 'test/helpers/electron/register.ts')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += String(chunk);
    });
  }
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const waiting = new Map<number, (answer: OrderAnswer) => void>();
  child.on('message', (answer: OrderAnswer) => waiting.get(answer.id)?.(answer));
  child.on('error', () => {});
  let nextId = 1;

  const evaluate: RunningApp['evaluate'] = async (run, arg) => {
    const id = nextId++;
    const answer = await Promise.race([
      new Promise<OrderAnswer>((resolve) => {
        waiting.set(id, resolve);
        child.send({ id, source: String(run), arg } satisfies Order);
      }),
      gone.then(() => ({ id, error: `the application is gone\n${text}` })),
    ]);
    waiting.delete(id);
    if ('error' in answer) throw new Error(answer.error);
    return answer.value as never;
  };

  let browser: Browser | null = null;
  const connectToPage = async (): Promise<Page> => {
    const end = Date.now() + WINDOW_MS;
    const url = () =>
      evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL() ?? '');
    while (!(await url()).startsWith('retake:')) {
      if (Date.now() > end) throw new Error(`no window appeared\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const pages = browser.contexts().flatMap((context) => context.pages());
    const page = pages.find((one) => one.url().includes('.retake.localhost'));
    if (!page) throw new Error(`the window has no page\n${text}`);
    return page;
  };

  const end = async (how: () => unknown) => {
    how();
    await gone;
    await browser?.close().catch(() => {});
  };
  return {
    page: options.withoutWindow ? (null as never) : await connectToPage(),
    evaluate,
    output: () => text,
    quit: () =>
      end(() => evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close()).catch(() => {})),
    kill: () => end(() => child.kill('SIGKILL')),
    gone,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
