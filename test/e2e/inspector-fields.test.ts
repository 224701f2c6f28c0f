/** Every field of the inspector, as the settings and the methods declare them, by keyboard alone; `npx electron-vite build` first. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { MethodInfo } from '../../src/common/contract/machine.ts';
import type { ProjectDocument, Shot } from '../../src/common/project/document.ts';
import { addAnchor } from '../../src/common/project/edits-anchors.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { methods, paramsSchema, solversOf } from '../../src/main/engine/methods/registry.ts';
import { mayLeadBack } from '../../src/main/engine/recipe/null-text.ts';
import { type FormField, formOf, shownIn } from '../../src/renderer/inspector/form-model.ts';
import { type Answers, closeBrowser, type OpenPage, openPage } from '../helpers/page.ts';
import { clipRef, projectOf, takeOf } from '../helpers/projects.ts';
import { unfold, unfoldAll } from './folds.ts';

const METHODS: readonly MethodInfo[] = methods.list.map((method) => ({
  id: method.id,
  label: method.label,
  summary: method.summary,
  params: paramsSchema(method),
  severalAnchors: method.severalAnchors ?? false,
  ...(method.steers && { steers: true }),
  ...(mayLeadBack(method) && { leadsBack: true }),
  solvers: solversOf(method).map(({ id, label }) => ({ id, label })),
}));

/** A picture that the artist painted. */
const PAINTED = { path: '/pictures/painted.png', fingerprint: { bytes: 5, digest: 'painted' } };
const ANSWERS: Answers = {
  'methods.list': () => [...METHODS],
  'clip.import': () => ({
    ref: { ...clipRef('painted', 1), ...PAINTED },
    info: { warnings: [] } as never,
    isRateGuessed: false,
  }),
};

let open: OpenPage;
afterEach(() => open?.close());
afterAll(closeBrowser);

function projectWith(method: MethodInfo): ProjectDocument {
  const document = projectOf(100, []);
  const [shot] = document.timeline as Shot[];
  addAnchor(document, shot!.id, 50);
  shot!.settings.method = { id: method.id, params: {} };
  return document;
}

async function openWith(method: MethodInfo): Promise<Page> {
  open = await openPage({ document: projectWith(method), answers: ANSWERS });
  await unfoldAll(open.page);
  return open.page;
}

/** The element that has the keys for a field. */
async function controlOf(page: Page, { label, control }: FormField): Promise<Locator> {
  const panel = page.getByRole('tabpanel', { name: 'Inspector' });
  const exactly = { name: label, exact: true };
  switch (control.kind) {
    case 'number':
    case 'seed':
      return panel.getByRole('spinbutton', exactly);
    case 'size':
      return panel.getByRole('spinbutton', { name: `${label} in pixels` });
    case 'share':
      return panel.getByRole('spinbutton', { name: `First share of the steps of ${label}, percent` });
    case 'switch':
      return panel.getByRole('switch', exactly);
    case 'pictures':
      return panel.getByRole('button', { name: 'Use a picture for this frame…' });
    case 'controls':
      return panel.getByRole('button', { name: 'Add a ControlNet…' });
    case 'loras':
      return panel.getByRole('button', { name: 'Add a LoRA…' });
    case 'file-list':
      return panel.getByRole('button', { name: `Add ${control.what}…` });
    case 'estimator':
      return panel.getByRole('button', { name: `${label}: choose a folder…` });
    case 'mask':
      return panel.getByRole('button', { name: 'Draw a rectangle' });
    case 'text':
    case 'prompt':
      return panel.getByRole('textbox', exactly);
    default:
      // A list's button says its value first.
      return panel.getByRole('button', { name: new RegExp(`(^|\\s)${label}$`) });
  }
}

/** Gives the field another value, with keys that an artist would use. */
async function changeByKeys(page: Page, field: FormField, target: Locator, value: unknown): Promise<void> {
  await target.focus();
  const { keyboard } = page;
  switch (field.control.kind) {
    case 'number':
    case 'seed':
    case 'size': {
      const { max } = field.control;
      await keyboard.press(
        max !== null && typeof value === 'number' && value >= max ? 'ArrowDown' : 'ArrowUp',
      );
      break;
    }
    case 'share':
      await keyboard.press('ArrowUp');
      break;
    case 'switch':
      await keyboard.press('Space');
      break;
    case 'text':
      await keyboard.press('Control+a');
      await keyboard.type(field.control.accepts[0] === 'text' ? 'other' : '0.25');
      await keyboard.press('Enter');
      break;
    case 'pictures':
      await choosing(page, PAINTED.path);
      await keyboard.press('Enter');
      break;
    case 'controls':
      await choosing(page, '/nets/canny.safetensors');
      await keyboard.press('Enter');
      break;
    case 'loras':
    case 'file-list':
    case 'estimator':
      await choosing(page, '/models/toy.safetensors');
      await keyboard.press('Enter');
      break;
    case 'mask':
      await keyboard.press('Enter');
      await page.getByRole('button', { name: 'Add in the middle' }).press('Enter');
      break;
    case 'prompt':
      await keyboard.type('snow');
      break;
    default: {
      await keyboard.press('Enter');
      const list = page.locator('[role=listbox]:not([data-timeline])');
      await list.waitFor();
      // Up where it stands at the end.
      const last = await list.getByRole('option').last().getAttribute('aria-selected');
      await keyboard.press(last === 'true' ? 'ArrowUp' : 'ArrowDown');
      await keyboard.press('Enter');
      await list.waitFor({ state: 'detached' });
    }
  }
}

/** What file dialogs answer from now on. */
async function choosing(page: Page, path: string): Promise<void> {
  await page.evaluate((chosen) => {
    const { retake } = window as unknown as { retake: { shell: Record<string, unknown> } };
    retake.shell.openClipDialog = async () => [chosen];
    retake.shell.openModelDialog = async () => [chosen];
    retake.shell.openFolderDialog = async () => chosen;
  }, path);
}

const savedShot = () => (open.saved()?.timeline[0] as Shot | undefined) ?? null;

const tried = new Set<string>();

describe.each(METHODS.map((method) => [method.id, method] as const))('with %s', (_, method) => {
  const form = formOf(SETTINGS, method);

  it('each field is changed and undone by keyboard', async () => {
    const page = await openWith(method);
    const [shot] = projectWith(method).timeline as Shot[];
    const all = [...form.top, ...form.folds.flatMap(({ fields }) => fields)];
    const panel = page.getByRole('tabpanel', { name: 'Inspector' });
    for (const { label } of all.filter(({ idle }) => idle))
      expect(await panel.getByText(label, { exact: true }).count()).toBe(0);
    // What several methods have is tried with the first of them.
    for (const field of all.filter(({ idle, path }) => !idle && !tried.has(path))) {
      tried.add(field.path);
      const before = shownIn(field, shot!);
      const target = await controlOf(page, field);
      await changeByKeys(page, field, target, before);
      const now = () => {
        const saved = savedShot();
        return saved && shownIn(field, saved);
      };
      await expect.poll(now, { message: `${field.path} is changed` }).not.toEqual(before);
      // Typed text has an undo of its own; the window's is the button's.
      await page.getByRole('button', { name: /^Undo / }).press('Enter');
      await expect.poll(now, { message: `${field.path} is undone` }).toEqual(before);
    }
    await accessible(page);
  });
});

it('folds are as they were left, and say what is not as usual in them', async () => {
  const document = projectWith(METHODS[0]!);
  const [shot] = document.timeline as Shot[];
  shot!.settings.sampling.size = 256;
  open = await openPage({ document, answers: ANSWERS });
  const { page } = open;
  const header = (name: RegExp) => page.getByRole('heading', { level: 2 }).getByRole('button', { name });
  await header(/^Size and memory.*changed: Size$/).waitFor();
  await header(/^Method ?: Anchors and neighbours$/).waitFor();
  expect(await page.getByRole('spinbutton', { name: 'Size in pixels' }).count()).toBe(0);
  await accessible(page);
  await unfold(page, 'Size and memory');
  await page.getByRole('button', { name: 'Reset Size' }).press('Enter');
  await header(/^Size and memory$/).waitFor();
  const kept = await page.evaluate(() => localStorage.getItem('retake.folds'));
  expect(JSON.parse(kept ?? '')).toEqual({ size: true });
});

it('a ControlNet is given what it follows, how strictly and in which steps, by keyboard', async () => {
  const page = await openWith(METHODS[0]!);
  const panel = page.getByRole('tabpanel', { name: 'Inspector' });
  await choosing(page, '/nets/lines.safetensors');
  await panel.getByRole('button', { name: 'Add a ControlNet…' }).press('Enter');
  const controls = () => savedShot()?.settings.model.controls ?? [];
  await expect
    .poll(controls)
    .toMatchObject([{ path: '/nets/lines.safetensors', condition: 'canny', scale: 1 }]);
  await panel.getByRole('spinbutton', { name: 'Scale of lines, by number' }).press('ArrowDown');
  await panel
    .getByRole('spinbutton', { name: 'Last share of the steps of lines, percent' })
    .press('ArrowDown');
  await panel.getByRole('spinbutton', { name: 'Edges begin at, lines' }).press('ArrowUp');
  await expect.poll(controls).toMatchObject([{ scale: 0.95, end: 0.95, high: 210 }]);
  await panel.getByRole('button', { name: /What lines follows$/ }).press('Enter');
  await page.getByRole('option', { name: 'A clip of your own' }).press('Enter');
  await choosing(page, PAINTED.path);
  await panel.getByRole('button', { name: 'Choose a clip…' }).press('Enter');
  await expect.poll(controls).toMatchObject([{ condition: 'clip', clip: PAINTED.path }]);
  await accessible(page);
  await panel.getByRole('button', { name: 'Remove lines' }).press('Enter');
  await expect.poll(controls).toEqual([]);
  await page.getByRole('button', { name: /^Undo / }).press('Enter');
  await expect.poll(controls).toHaveLength(1);
});

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
}

it('embeddings are added by path, taken off again, and what they are called is no special writing', async () => {
  const document = projectOf(100, []);
  const [shot] = document.timeline as Shot[];
  shot!.settings.prompts.target = 'a photo of embedding:toy';
  open = await openPage({ document, answers: ANSWERS });
  const { page } = open;
  const note = page.getByText(/no embedding of this name/);
  await note.waitFor();
  await unfold(page, 'Model and looks');
  const field = page.getByRole('textbox', { name: 'Path of an embedding to add' });
  await field.fill('"/models/toy.safetensors"');
  await field.press('Enter');
  const embeddings = () => savedShot()?.settings.model.embeddings;
  await expect.poll(embeddings).toEqual(['/models/toy.safetensors']);
  await note.waitFor({ state: 'detached' });
  await accessible(page);
  await page.getByRole('button', { name: 'Remove toy.safetensors' }).press('Enter');
  await expect.poll(embeddings).toEqual([]);
  await page.getByRole('button', { name: /^Undo / }).press('Enter');
  await expect.poll(embeddings).toEqual(['/models/toy.safetensors']);
});

it('other shots take over what is chosen of it, and no more', async () => {
  const document = projectOf(100, [50]);
  const [first] = document.timeline as Shot[];
  Object.assign(first!.settings.sampling, { steps: 20, seed: 7 });
  Object.assign(first!.settings.guide, { keep: 0.3 });
  first!.settings.prompts.target = 'snow';
  open = await openPage({ document, answers: ANSWERS });
  const { page } = open;
  await page.getByRole('button', { name: 'Copy to…' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Choose what to copy…' }).press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Copy settings' });
  await sheet.getByRole('checkbox', { name: /^What stays/ }).press('Space');
  await sheet.getByRole('checkbox', { name: /^Seed/ }).press('Space');
  await accessible(page);
  await sheet.getByRole('button', { name: 'Copy to all shots' }).press('Enter');
  await sheet.waitFor({ state: 'detached' });
  const second = () => (open.saved()?.timeline[1] as Shot | undefined)?.settings;
  await expect.poll(() => second()?.sampling).toMatchObject({ steps: 20, seed: 7 });
  expect(second()).toMatchObject({ guide: { keep: 0 }, prompts: { target: '' } });
});

it('says which anchors lead, with the method that is chosen', async () => {
  const method = (id: string) => METHODS.find((one) => one.id === id)!;
  for (const [id, note, label] of [
    ['pix2video', 'Frame 50 leads too.', ', leads too'],
    [
      'sdedit',
      'Repaint, steady follows the lead anchor alone; frame 50 does not count.',
      ', does not count with this method',
    ],
  ] as const) {
    const page = await openWith(method(id));
    await page.getByRole('tabpanel', { name: 'Inspector' }).getByText(note).waitFor();
    const anchor = page.getByRole('option', { name: `Anchor at frame 50 of Shot 1${label}` });
    await anchor.waitFor({ state: 'attached' });
    if (id === 'pix2video') await open.close();
  }
});

it('a picture stands for the frame in sight: chosen, taken from the shown take, marked, removed, undone; a frame is saved', async () => {
  const document = projectWith(METHODS[0]!);
  const [shot] = document.timeline as Shot[];
  document.takes.snow = takeOf('snow', shot!);
  shot!.takeId = 'snow';
  const asked: unknown[] = [];
  open = await openPage({
    document,
    answers: {
      ...ANSWERS,
      'clip.saveFrame': (input) => {
        asked.push(input);
        return { path: '/pictures/Shot 1 frame 0.png' };
      },
    },
  });
  const { page } = open;
  await unfold(page, 'Anchors and painted frames');
  const pictures = () => savedShot()?.settings.guide.pictures;
  await choosing(page, PAINTED.path);
  await page.getByRole('button', { name: 'Use a picture for this frame…' }).press('Enter');
  await expect.poll(pictures).toEqual([{ frame: 0, ...PAINTED, at: 0 }]);
  const marked = page.getByRole('option', { name: /^Anchor at frame 0 of .*, leads, a picture of yours$/ });
  await marked.waitFor({ state: 'attached' });
  await accessible(page);
  await page.getByRole('button', { name: 'Frame 0 as it is in the clip' }).press('Enter');
  await expect.poll(pictures).toEqual([]);
  await page.getByRole('button', { name: /^Undo / }).press('Enter');
  await expect.poll(pictures).toHaveLength(1);
  await choosing(page, '/pictures');
  await page.getByRole('button', { name: 'Save this frame…' }).press('Enter');
  await expect.poll(() => asked).toHaveLength(1);
  expect(asked).toEqual([{ path: '/takes/snow.mov', frame: 0, folder: '/pictures', name: 'Shot 1 frame 0' }]);
  await page.getByRole('button', { name: "Use the take's frame" }).press('Enter');
  await expect.poll(pictures).toEqual([{ frame: 0, path: '/takes/snow.mov', at: 0 }]);
});
