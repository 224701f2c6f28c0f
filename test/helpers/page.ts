/** The built page in a real Chromium, with the test in the engine's place: for what the page does on its own. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright';
import type { ClipPreview } from '../../src/common/contract/clips.ts';
import type { Calls } from '../../src/common/contract/contract.ts';
import { AppError, toWire } from '../../src/common/errors.ts';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { resolveFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { chromiumPath } from './chromium.ts';

const run = promisify(execFile);
const BUILT = join(import.meta.dirname, '../../out/renderer');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.jpg': 'image/jpeg',
  '.mp4': 'video/mp4',
};

export type Answers = {
  [Name in keyof Calls]?: (
    input: Calls[Name]['input'],
  ) => Calls[Name]['output'] | Promise<Calls[Name]['output']>;
};

export interface OpenPage {
  readonly page: Page;
  /** The document as it was last saved by the page. */
  saved(): ProjectDocument | null;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly document: ProjectDocument;
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  readonly reducedMotion?: boolean;
  readonly moreContrast?: boolean;
  readonly answers?: Answers;
}

interface Stage {
  readonly browser: Browser;
  readonly media: string;
  readonly preview: ClipPreview;
  readonly server: Server;
}

let stage: Promise<Stage> | null = null;

/** One browser, one server and one preview for all pages of a test file. */
async function setUp(): Promise<Stage> {
  const media = await mkdtemp(join(tmpdir(), 'retake-page-'));
  const preview = await makePreview(media);
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const file = path.startsWith('/media/')
      ? join(media, path.slice('/media/previews/'.length))
      : join(BUILT, path === '/' ? 'index.html' : path);
    try {
      const body = readFileSync(file);
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      // A player seeks in what it can ask parts of.
      const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
      const [from, to] = [Number(asked?.[1] ?? 0), Number(asked?.[2] || body.length - 1)];
      const headers = { 'content-type': type, 'accept-ranges': 'bytes' };
      if (!asked) response.writeHead(200, headers).end(body);
      else
        response
          .writeHead(206, { ...headers, 'content-range': `bytes ${from}-${to}/${body.length}` })
          .end(body.subarray(from, to + 1));
    } catch {
      response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: (await chromiumPath()) ?? '',
    args: ['--no-sandbox'],
  });
  return { browser, media, preview, server };
}

/** After the last page of a file. */
export async function closeBrowser(): Promise<void> {
  const ended = await stage;
  stage = null;
  await ended?.browser.close();
  ended?.server.close();
  if (ended) await rm(ended.media, { recursive: true, force: true });
}

/** Opens the built page on a project; console errors and uncaught exceptions of the page fail `close`. */
export async function openPage(options: PageOptions): Promise<OpenPage> {
  stage ??= setUp();
  const { browser, preview, server } = await stage;
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 720 },
    deviceScaleFactor: options.scale ?? 1,
    reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
    contrast: options.moreContrast ? 'more' : 'no-preference',
  });
  // Beside renders that take all cores.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });

  let saved: ProjectDocument | null = null;
  const answers: Answers = {
    'project.open': ({ path }) => ({
      path,
      id: 'project',
      document: options.document,
      recovered: null,
      missing: [],
    }),
    'project.save': ({ document }) => {
      saved = document as ProjectDocument;
      return null;
    },
    'queue.list': () => ({ entries: [], paused: false }),
    'farm.list': () => [],
    'farm.drivers': () => [],
    'methods.list': () => [],
    'library.list': () => [],
    'library.folders': () => [],
    'providers.list': () => [],
    'plugins.list': () => [],
    'clip.preview': () => preview,
    ...options.answers,
  };
  await page.exposeFunction('askTest', async (name: keyof Calls, input: never) => {
    try {
      const answer = answers[name] as ((input: never) => unknown) | undefined;
      if (!answer) throw new AppError('usage', `this test does not answer ${name}`, { doing: 'asking' });
      return { value: await answer(input) };
    } catch (error) {
      return { error: toWire(error) };
    }
  });
  await page.addInitScript(installBridge);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.locator('[data-lanes]').waitFor();
  return {
    page,
    saved: () => saved,
    async close() {
      await context.close();
      if (problems.length > 0) throw new Error(`the page complained:\n${problems.join('\n')}`);
    },
  };
}

/** Runs in the page before its own scripts. */
function installBridge(): void {
  const ask = (window as unknown as { askTest(name: string, input: unknown): Promise<object> }).askTest;
  const never = () => () => {};
  const nothing = async () => null;
  const port = () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = async ({ data: { type, id, name, input } }) => {
      if (type !== 'call') return;
      const answer = await ask(name, input);
      port1.postMessage({ type: 'error' in answer ? 'error' : 'result', id, ...answer });
    };
    window.postMessage('retake:engine-port', '*', [port2]);
  };
  Object.assign(window, {
    retake: {
      platform: 'linux',
      mediaRoot: '/media/',
      engine: { connect: port, onDown: never },
      shell: {
        openClipDialog: nothing,
        openModelDialog: nothing,
        openProjectDialog: nothing,
        saveProjectDialog: nothing,
        saveFileDialog: nothing,
        openFolderDialog: nothing,
        pathForFile: () => null,
        recentProjects: async () => [],
        projectToOpen: async () => '/projects/test.retake',
        demo: nothing,
        revealFile: nothing,
        setTitle() {},
        keepAwake() {},
        setFullScreen() {},
        notify() {},
        setMenus: () => {},
        greyMenus: () => {},
        onMenu: never,
        onOpenProject: never,
        onOpenTimeline: never,
        onQuit: never,
      },
    },
  });
}

/** A real sheet of thumbnails, proxy and waveform of a moving test picture, 240 frames at 24 per second. */
async function makePreview(folder: string): Promise<ClipPreview> {
  const { path } = await resolveFfmpeg();
  const source = 'mandelbrot=size=320x180:rate=24:end_scale=0.02:maxiter=300';
  const [frames, every, columns] = [240, 12, 10];
  const sheet = ['-frames:v', '1', '-vf', `select='not(mod(n\\,${every}))',scale=160:90,tile=${columns}x2`];
  const input = ['-v', 'error', '-f', 'lavfi', '-i', source];
  await run(path, [...input, ...sheet, '-update', '1', join(folder, 'sheet.jpg')]);
  await run(path, [
    ...input,
    '-frames:v',
    `${frames}`,
    '-g',
    '1',
    '-pix_fmt',
    'yuv420p',
    join(folder, 'proxy.mp4'),
  ]);
  const peaks = Int8Array.from({ length: 2000 }, (_, at) => {
    const loud = 20 + 100 * Math.abs(Math.sin(at / 90)) * Math.abs(Math.sin(at / 7.3));
    return at % 2 === 0 ? -loud : loud;
  });
  await writeFile(join(folder, 'peaks.bin'), peaks);
  return {
    proxy: 'proxy.mp4',
    rate: { num: 24, den: 1 },
    width: 320,
    height: 180,
    thumbnails: { sheet: 'sheet.jpg', columns, count: frames / every, every, width: 160, height: 90 },
    waveform: { file: 'peaks.bin', bucketsPerSecond: 100 },
  };
}
