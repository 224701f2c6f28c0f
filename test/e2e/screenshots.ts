/**
 * npm run screenshots: every state of the window at 1280 × 720 and on a 4K screen (1920 × 1080 points at 200 %), in
 * test-results/screens/; with `-- plugins` those of plugins alone. A state that cannot be reached is named at the end,
 * and the command fails.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ffmpegDoes } from '../helpers/clips.ts';
import { comfyFolder, pictureBeside } from '../helpers/comfy-folder.ts';
import {
  anchors,
  bothShown,
  choose,
  demoBundle,
  menu,
  newProject,
  pictureShown,
  prompt,
  RENDER_MS,
  setSteps,
  shots,
  sourcePrompt,
  takes,
} from './desk.ts';
import { unfold, unfoldAll } from './folds.ts';
import { launch } from './launch.ts';
import { ROOT, usedHome } from './running-app.ts';
import { state, tellStates } from './screen-states.ts';
import { pluginStates } from './screens-of-plugins.ts';

if (process.argv[2] === 'plugins') {
  await pluginStates();
  tellStates();
  process.exit();
}

const home = usedHome();
const project = join(home.path, 'Beach film.retake');
const clip = join(home.path, 'beach.mp4');
const demo = join(ROOT, 'resources/demo/clip.mp4');
await ffmpegDoes(
  '-i',
  demo,
  '-f',
  'lavfi',
  '-i',
  'sine=220:d=20',
  '-map',
  '0:v',
  '-map',
  '1:a',
  '-t',
  '1',
  '-c:v',
  'libx264',
  '-pix_fmt',
  'yuv420p',
  '-c:a',
  'aac',
  '-shortest',
  clip,
);

let app = await launch({ home: home.path });
const close = () => app.page.keyboard.press('Escape');
const inShots = () => shots(app.page).first().focus();

await state(app, 'start', () => app.page.getByRole('heading', { name: 'Retake' }).waitFor());
await state(app, 'empty project', () => newProject(app, project));
await state(app, 'importing', async () => {
  await choose(app, { open: clip });
  await menu(app, 'file.import');
  await app.page.waitForTimeout(400);
});
await state(app, 'shots', () => shots(app.page).first().waitFor());
await state(app, 'previews made', async () => {
  await pictureShown(app.page);
  await inShots();
});
await state(app, 'anchor', async () => {
  await inShots();
  for (let frame = 0; frame < 9; frame += 1) await app.page.keyboard.press('ArrowRight');
  await app.page.keyboard.press('a');
  await anchors(app.page).nth(1).waitFor();
});
await state(app, 'marker', async () => {
  await app.page.keyboard.press('m');
  await app.page.keyboard.press('m');
  await app.page.getByRole('textbox', { name: 'Name of the marker' }).fill('The wave breaks');
});
await state(app, 'clips', async () => {
  await app.page.keyboard.press('Escape');
  await app.page.getByRole('tab', { name: /Clips/ }).click();
});
await state(app, 'whole screen', () => app.page.keyboard.press('F11'));
await state(app, 'start timecode', async () => {
  await app.page.keyboard.press('F11');
  await menu(app, 'timeline.start');
});
await app.page.keyboard.press('Escape');
await app.page.getByRole('tab', { name: 'Takes' }).click();
await inShots();
const onPicture = async (x: number, y: number): Promise<readonly [number, number]> => {
  const box = (await app.page.locator('[data-side=first] [data-picture]').boundingBox())!;
  return [box.x + x * box.width, box.y + y * box.height];
};
const drawTo = async (from: readonly [number, number], to: readonly [number, number]) => {
  await app.page.mouse.move(...(await onPicture(...from)));
  await app.page.mouse.down();
  await app.page.mouse.move(...(await onPicture(...to)), { steps: 8 });
  await app.page.mouse.up();
};
await state(app, 'mask brush', async () => {
  await app.page.keyboard.press('b');
  await drawTo([0.25, 0.65], [0.45, 0.8]);
  await app.page.mouse.move(...(await onPicture(0.55, 0.7)));
});
await state(app, 'mask polygon begun', async () => {
  await app.page.keyboard.press('p');
  for (const [x, y] of [
    [0.6, 0.1],
    [0.9, 0.15],
    [0.85, 0.5],
  ] as const)
    await app.page.mouse.click(...(await onPicture(x, y)));
  await app.page.mouse.move(...(await onPicture(0.65, 0.45)));
});
await state(app, 'mask with key frames', async () => {
  await app.page.keyboard.press('Enter');
  await app.page.keyboard.press('Shift+r');
  await drawTo([0.3, 0.2], [0.55, 0.6]);
  await app.page.keyboard.press('Shift+ArrowRight');
  await pictureShown(app.page);
  await drawTo([0.42, 0.4], [0.52, 0.5]);
  await app.page.getByText(/^Mask \d+ % sure/).waitFor({ timeout: RENDER_MS });
});
await state(app, 'mask in the inspector', async () => {
  await unfold(app.page, 'Mask');
  await app.page.getByRole('list', { name: 'Parts of the mask' }).scrollIntoViewIfNeeded();
});
for (let parts = 0; parts < 4; parts += 1) await app.page.keyboard.press('Control+z');
await app.page.keyboard.press('Escape');
await state(app, 'prompts', async () => {
  await sourcePrompt(app.page).fill('a red ball on sand by day');
  await prompt(app.page).fill('a blue ball on snow at night');
  await setSteps(app.page, 3);
});
await state(app, 'sampling settings', () =>
  app.page.getByText('Prompt strength', { exact: true }).first().scrollIntoViewIfNeeded(),
);
await state(app, 'all folds open', () => unfoldAll(app.page));
const openMethods = () =>
  app.page
    .getByRole('button', { name: /Method$/ })
    .first()
    .click();
const chooseMethod = async (name: RegExp) => {
  await openMethods();
  await app.page.getByRole('option', { name }).click();
};
await state(app, 'method menu', openMethods);
await close();
for (const [name, option, field, plan] of [
  ['method that learns', /^Learn the clip/, 'Chance in learning', /^\d+ steps of learning/],
  ['method that steers', /^Steered/, 'Style pictures', /^\d+ to analyse/],
] as const) {
  await state(app, name, async () => {
    await chooseMethod(option);
    await app.page.getByText(field, { exact: true }).scrollIntoViewIfNeeded();
    await app.page.getByText(plan).waitFor();
  });
  await app.page.keyboard.press('Control+z');
}
await state(app, 'empty prompt', async () => {
  await app.page.getByRole('button', { name: /Empty prompt$/ }).click();
  await app.page.getByRole('option', { name: /^Tuned for the shot/ }).waitFor();
});
await close();
await state(app, 'context menu', () =>
  app.page.locator('[data-lanes]').click({ button: 'right', position: { x: 200, y: 90 } }),
);
await close();
if (demoBundle()) {
  await inShots();
  await app.page.keyboard.press('Control+Enter');
  await state(app, 'rendering', () =>
    app.page
      .getByText(/Rendering \d+ %/)
      .first()
      .waitFor(),
  );
  await state(app, 'queue while rendering', () => app.page.getByRole('tab', { name: /Queue/ }).click());
  await state(app, 'take', async () => {
    await app.page.getByRole('tab', { name: 'Inspector' }).click();
    await takes(app.page).getByText('Take 1').first().waitFor({ timeout: RENDER_MS });
    await pictureShown(app.page);
  });
  await state(app, 'quality of a take', async () => {
    await takes(app.page).getByRole('row').first().focus();
    await app.page.keyboard.press('q');
    await app.page.getByRole('button', { name: 'Measure' }).click();
    await app.page.getByRole('region', { name: 'Scores' }).waitFor({ timeout: RENDER_MS });
  });
  await close();
  await state(app, 'export', async () => {
    await app.page.keyboard.press('Control+e');
    await app.page.getByRole('dialog', { name: 'Export' }).waitFor();
    await app.page.waitForTimeout(3_000);
  });
  await close();
  await inShots();
  await state(app, 'variations', async () => {
    await app.page.keyboard.press('Control+Shift+V');
    await app.page.getByRole('dialog', { name: 'Variations' }).waitFor();
  });
  await close();
  await inShots();
  await state(app, 'compare wipe', async () => {
    await app.page.keyboard.press('c');
    await bothShown(app.page);
  });
  for (const way of ['side by side', 'difference', 'onion skin']) {
    await inShots();
    await state(app, `compare ${way}`, async () => {
      await app.page.keyboard.press('Shift+c');
      await bothShown(app.page);
    });
  }
  await inShots();
  await app.page.keyboard.press('c');
  await state(app, 'queue when done', () => app.page.getByRole('tab', { name: /Queue/ }).click());
  await state(app, 'send to farm', async () => {
    await app.page.getByRole('tab', { name: 'Inspector' }).click();
    await app.page.getByRole('button', { name: 'Send to farm…' }).click();
    await app.page.getByRole('dialog', { name: 'Send to farm' }).getByText('Folder of the job').waitFor();
  });
  await state(app, 'farm in the queue', async () => {
    await app.page.getByRole('button', { name: 'Send 1 shot' }).click();
    const farm = app.page.getByRole('region', { name: 'Farm' });
    await farm.getByText(/ · \d+ %/).waitFor({ timeout: RENDER_MS });
  });
  // What is home is folded.
  await state(app, 'take from the farm', () =>
    app.page
      .getByRole('region', { name: 'Farm' })
      .getByText(/ · 1 of 1 take$/)
      .waitFor({ timeout: RENDER_MS }),
  );
  await state(app, 'queue while learning', async () => {
    await app.page.getByRole('tab', { name: 'Inspector' }).click();
    await unfoldAll(app.page);
    await chooseMethod(/^Learn the clip/);
    await inShots();
    await app.page.keyboard.press('Control+Enter');
    await app.page.getByRole('tab', { name: /Queue/ }).click();
    await app.page.getByText(/^Step \d\d of 100/).waitFor({ timeout: RENDER_MS });
  });
  await app.page.getByRole('button', { name: /^Cancel / }).click();
  await inShots();
  await app.page.keyboard.press('Control+z');
}
await state(app, 'scopes', () => app.page.getByRole('tab', { name: 'Scopes' }).click());
await app.page.getByRole('tab', { name: 'Inspector' }).click();
const comfy = join(home.path, 'ComfyUI');
comfyFolder(comfy);
await pictureBeside(join(comfy, 'models/loras/styles/ink.safetensors'));
await state(app, 'library', async () => {
  await menu(app, 'view.library');
  await choose(app, { open: comfy });
  await app.page.getByRole('button', { name: 'Add a folder…' }).click();
  await app.page.getByRole('button', { name: 'Inspect ink' }).waitFor();
});
await state(app, 'library inside', () => app.page.getByRole('button', { name: 'Inspect ink' }).click());
await state(app, 'library download', () => app.page.getByRole('tab', { name: 'Download' }).click());
await close();
const fromLibrary = async (what: string, name: string) => {
  const field = app.page.getByRole('combobox', { name: `Add ${what} from the library` });
  await field.scrollIntoViewIfNeeded();
  await field.fill(name);
  await app.page.getByRole('option', { name }).waitFor();
  await app.page.keyboard.press('ArrowDown');
  await app.page.keyboard.press('Enter');
};
await state(app, 'LoRA and embedding', async () => {
  await inShots();
  await fromLibrary('a LoRA', 'ink');
  await fromLibrary('an embedding', 'toy');
  await app.page.getByRole('list', { name: '1 LoRA' }).scrollIntoViewIfNeeded();
});
await state(app, 'ControlNet', async () => {
  await fromLibrary('a ControlNet', 'canny');
  await app.page.getByRole('list', { name: '1 ControlNet' }).scrollIntoViewIfNeeded();
});
await state(app, 'keys', async () => {
  await menu(app, 'view.keys');
  await app.page.getByRole('dialog').waitFor();
});
await close();
await state(app, 'about', async () => {
  await menu(app, 'help.about');
  await app.page.getByRole('dialog').waitFor();
});
await close();
await state(app, 'find shots', async () => {
  await inShots();
  await app.page.locator('[data-lanes]').click({ button: 'right', position: { x: 200, y: 90 } });
  await app.page.getByRole('menuitem', { name: /Find shots/ }).click();
  await app.page.getByRole('dialog').waitFor();
});
await close();
const enginePid = () =>
  app.evaluate(({ app }) => app.getAppMetrics().find((one) => one.name === 'Retake engine')?.pid);
const engineAfter = async (before: number): Promise<number> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const pid = await enginePid();
    if (pid !== undefined && pid !== before) return pid;
    await app.page.waitForTimeout(100);
  }
  throw new Error('no engine came up again');
};
const statusSays = (text: RegExp) => app.page.getByRole('status').filter({ hasText: text }).waitFor();
await state(app, 'engine restarting', async () => {
  // Twice, for the second pause is long enough to be seen.
  const first = (await enginePid())!;
  process.kill(first, 'SIGKILL');
  process.kill(await engineAfter(first), 'SIGKILL');
  await statusSays(/is starting again$/);
});
await state(app, 'no project', async () => {
  await statusSays(/^Saved$/);
  const path = join(home.path, 'damaged.retake');
  writeFileSync(path, 'no database at all');
  await choose(app, { open: path });
  await menu(app, 'file.open');
  await app.page
    .getByText(/damaged\.retake/)
    .first()
    .waitFor();
});
await app.quit();
renameSync(clip, `${clip}.away`);
app = await launch({ home: home.path, args: [project] });
await state(app, 'missing clip', () =>
  app.page
    .getByText(/is not where it was|is missing/)
    .first()
    .waitFor(),
);
await app.quit();
home.remove();
await pluginStates();
tellStates();
