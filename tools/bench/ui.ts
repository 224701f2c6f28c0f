/**
 * npm run bench:ui: how long the artist waits for the window. The built application runs on Electron where its binary is
 * installed, else on the test double with Chromium; pictures are drawn in software there, so a desktop is faster.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectDocument } from '../../src/common/project/document.ts';
import { table } from '../../src/main/cli/text.ts';
import { resolveFfmpeg, runFfmpeg } from '../../src/main/engine/media/ffmpeg.ts';
import { electronBinary, launch } from '../../test/e2e/launch.ts';
import { type RunningApp, usedHome } from '../../test/e2e/running-app.ts';
import { closeBrowser, openPage } from '../../test/helpers/page.ts';
import { projectOf } from '../../test/helpers/projects.ts';
import { editGrowth } from './timeline-edits.ts';

const RUNS = 3;
const SHOTS = 1000;
const FRAMES_PER_SHOT = 48;
const LONG_CLIP_FRAMES = 10_000;
const PREVIEW_SIDE = 512;

const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const percentile = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!;

type Row = [measure: string, value: string, target: string];

/** From the start of the process, and of the page alone, to the first paint. */
async function firstPaint(): Promise<Row[]> {
  const whole: number[] = [];
  const page: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const home = usedHome();
    const start = Date.now();
    const app = await launch({ home: home.path });
    const paint = await app.page.evaluate(async () => {
      while (performance.getEntriesByName('first-contentful-paint').length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const after = performance.getEntriesByName('first-contentful-paint')[0]!.startTime;
      return { after, at: performance.timeOrigin + after };
    });
    page.push(paint.after);
    whole.push(paint.at - start);
    await app.quit();
    home.remove();
  }
  return [
    ['first paint, from loading the page', ms(median(page)), '≤ 500 ms'],
    ['first paint, from starting the process', ms(median(whole)), '≤ 2 s'],
  ];
}

/** Zooming at the cursor with the wheel, one step every frame, over all shots and back. */
async function timelineZoom(): Promise<Row[]> {
  const cuts = Array.from({ length: SHOTS - 1 }, (_, i) => (i + 1) * FRAMES_PER_SHOT);
  const document: ProjectDocument = projectOf(SHOTS * FRAMES_PER_SHOT, cuts);
  const open = await openPage({ document, width: 1280, height: 720 });
  try {
    const { frames, busy } = await open.page.locator('[data-lanes]').evaluate(async (canvas) => {
      const box = canvas.getBoundingClientRect();
      const frames: number[] = [];
      const busy: number[] = [];
      const next = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      await next();
      let before = await next();
      for (let step = 0; step < 180; step += 1) {
        const event = new WheelEvent('wheel', {
          deltaY: step % 120 < 60 ? -60 : 60,
          ctrlKey: true,
          clientX: box.x + box.width * 0.6,
          clientY: box.y + box.height / 2,
          bubbles: true,
          cancelable: true,
        });
        canvas.dispatchEvent(event);
        const start = await next();
        // Runs after all callbacks of this frame and after its layout and paint.
        const channel = new MessageChannel();
        await new Promise<void>((resolve) => {
          channel.port1.onmessage = () => resolve();
          channel.port2.postMessage(null);
        });
        busy.push(performance.now() - start);
        frames.push(start - before);
        before = start;
      }
      return { frames, busy };
    });
    const shots = `timeline zoom, ${SHOTS.toLocaleString('en')} shots`;
    return [
      [`${shots}: frame interval, median`, ms(median(frames)), '≤ 16.7 ms'],
      [`${shots}: frame interval, 95 %`, ms(percentile(frames, 0.95)), '≤ 16.7 ms'],
      [`${shots}: work per frame, median`, ms(median(busy)), '≤ 8 ms'],
      [`${shots}: work per frame, 95 %`, ms(percentile(busy, 0.95)), '≤ 16 ms'],
    ];
  } finally {
    await open.close();
  }
}

/** From the artist's choice in the dialog to shots on the timeline, and to thumbnails and proxy. */
async function longImport(): Promise<Row[]> {
  const home = usedHome();
  const clip = join(home.path, 'long.mp4');
  const { code } = await runFfmpeg(await resolveFfmpeg(), longClip(clip), { doing: 'making a long clip' });
  if (code !== 0) throw new Error('the long clip could not be made');
  const project = join(home.path, 'bench.retake');
  const app = await launch({ home: home.path, env: { RETAKE_HOME: join(home.path, 'data') } });
  try {
    await chooseFiles(app, project, clip);
    await menu(app, 'file.new');
    await app.page.getByRole('heading', { name: 'bench' }).waitFor();
    const start = Date.now();
    let shots = 0;
    // From the choice on: putting the shots up is the most that the page does at once.
    const longest = await longestTask(app, async () => {
      await menu(app, 'file.import');
      await app.page.getByRole('option').first().waitFor({ timeout: 600_000 });
      shots = Date.now() - start;
      while (!existsSync(join(home.path, 'data', 'previews')) || !(await previewReady(app, clip))) {
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    });
    const previews = Date.now() - start;
    const name = `import of ${LONG_CLIP_FRAMES.toLocaleString('en')} frames`;
    return [
      [`${name}: shots on the timeline`, `${(shots / 1000).toFixed(1)} s`, ''],
      [`${name}: thumbnails, sound and proxy`, `${(previews / 1000).toFixed(1)} s`, 'in the background'],
      [
        `${name}: longest time the page was busy meanwhile`,
        longest === 0 ? 'under 50 ms' : ms(longest),
        '≤ 50 ms',
      ],
    ];
  } finally {
    await app.kill();
    home.remove();
  }
}

function longClip(file: string): string[] {
  const source = `testsrc2=size=320x180:rate=25,trim=end_frame=${LONG_CLIP_FRAMES}`;
  return ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-preset', 'ultrafast', file];
}

async function chooseFiles(app: RunningApp, project: string, clip: string): Promise<void> {
  await app.evaluate(
    ({ dialog }, paths) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath: paths.project }) as never;
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [paths.clip] }) as never;
    },
    { project, clip },
  );
}

async function menu(app: RunningApp, id: string): Promise<void> {
  // A page that is still loading hears nothing, and has not said what the menus hold.
  await app.page.getByRole('heading').first().waitFor();
  const click = () =>
    app.evaluate(({ Menu }, id) => {
      const item = Menu.getApplicationMenu()?.getMenuItemById(id);
      item?.click();
      return Boolean(item);
    }, id);
  while (!(await click())) await app.page.waitForTimeout(20);
}

/** The page's own picture has come: the viewer shows no "making" note and holds a video with data. */
function previewReady(app: RunningApp, _clip: string): Promise<boolean> {
  return app.page.evaluate(() =>
    [...document.querySelectorAll('video')].some((video) => video.readyState >= 2 && video.src !== ''),
  );
}

/** Milliseconds; 0 when none was over 50, which is what the browser tells of. */
async function longestTask(app: RunningApp, work: () => Promise<void>): Promise<number> {
  await app.page.evaluate(() => {
    const world = window as unknown as { longest: number };
    world.longest = 0;
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) world.longest = Math.max(world.longest, one.duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  await work();
  return app.page.evaluate(() => (window as unknown as { longest: number }).longest);
}

/** One progressive preview through a message port, as engine and page exchange it, and onto a canvas. */
async function previewCost(): Promise<Row[]> {
  const open = await openPage({ document: projectOf(24, []) });
  try {
    const { hop, draw } = await open.page.evaluate(async (side) => {
      const pixels = new Uint8Array(side * side * 4).fill(127);
      const channel = new MessageChannel();
      const context = document.createElement('canvas').getContext('2d')!;
      context.canvas.width = side;
      context.canvas.height = side;
      const hop: number[] = [];
      const draw: number[] = [];
      for (let run = 0; run < 30; run += 1) {
        const start = performance.now();
        const arrived = new Promise<Uint8Array>((resolve) => {
          channel.port2.onmessage = ({ data }) => resolve(data.pixels);
        });
        channel.port1.postMessage({ type: 'event', event: { kind: 'preview-frame' }, pixels });
        const copy = await arrived;
        hop.push(performance.now() - start);
        const image = new ImageData(new Uint8ClampedArray(copy), side, side);
        const before = performance.now();
        context.putImageData(image, 0, 0);
        context.getImageData(0, 0, 1, 1);
        draw.push(performance.now() - before);
      }
      return { hop, draw };
    }, PREVIEW_SIDE);
    const size = `preview of ${PREVIEW_SIDE} × ${PREVIEW_SIDE} (${(PREVIEW_SIDE ** 2 * 4) / 2 ** 20} MB)`;
    return [
      [`${size}: one hop over a message port`, ms(median(hop)), '≤ 8 ms'],
      [`${size}: onto the canvas`, ms(median(draw)), '≤ 8 ms'],
    ];
  } finally {
    await open.close();
  }
}

const ON = electronBinary() ? 'Electron' : 'the test double (Chromium, drawing in software)';
const PARTS = {
  edits: editGrowth,
  paint: firstPaint,
  zoom: timelineZoom,
  preview: previewCost,
  import: longImport,
};

const wanted = process.argv.slice(2);
const rows: Row[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  rows.push(...(await measure()));
}
await closeBrowser();
console.log(`on ${ON}\n`);
console.log(table([['measure', 'value', 'target'], ...rows]));
