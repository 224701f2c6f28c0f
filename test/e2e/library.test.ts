/** The library at the window: what is dropped on it, a watched folder, choosing a model, and one that is gone. */
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCard } from '../helpers/clips.ts';
import { CHECKPOINT, comfyFolder, LORA, pictureBeside, place } from '../helpers/comfy-folder.ts';
import { accessible, importClip, menu, newProject, prompt, saved, shots } from './desk.ts';
import { drop } from './drop.ts';
import { unfold } from './folds.ts';
import { launch } from './launch.ts';
import { type RunningApp, usedHome } from './running-app.ts';

const home = usedHome();
const at = (...names: string[]) => join(home.path, ...names);
const comfy = at('ComfyUI');
let app: RunningApp;

beforeAll(async () => {
  comfyFolder(comfy);
  await pictureBeside(join(comfy, 'models/loras/styles/ink.safetensors'));
  await testCard(at('clip.mp4'), 12);
  app = await launch({ home: home.path });
  await app.page.getByRole('heading').first().waitFor();
});
afterAll(async () => {
  await app?.kill();
  home.remove();
});

const messages = () => app.page.getByRole('log', { name: 'Messages' }).textContent();
const dialog = () => app.page.getByRole('dialog', { name: 'Library' });
const list = () => dialog().getByRole('list', { name: /^Library/ });
const row = (name: string) =>
  list()
    .locator('[data-path]')
    .filter({ has: app.page.getByText(name, { exact: true }) });

const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));

/** What is drawn with the frame that shows where keys go, by label or role. */
const framed = (page: Page) =>
  page.evaluate(() =>
    Array.from(document.querySelectorAll('*'))
      .filter((one) => getComputedStyle(one).outlineStyle === 'solid')
      .map((one) => one.getAttribute('aria-label') ?? one.getAttribute('role') ?? one.tagName),
  );

async function openLibrary(): Promise<void> {
  await menu(app, 'view.library');
  await dialog().waitFor();
}

describe('the library', () => {
  it('takes a checkpoint that is dropped on the window, and says what is none', async () => {
    await drop(app.page, place(at('dropped', 'painterly.safetensors'), CHECKPOINT));
    await expect.poll(messages).toContain('Added painterly, a model');
    copyFileSync(at('clip.mp4'), at('dropped', 'film.safetensors'));
    await drop(app.page, at('dropped', 'film.safetensors'));
    await expect.poll(messages).toMatch(/film.safetensors is not a safetensors file/);
    await openLibrary();
    await row('painterly')
      .getByText(/Stable Diffusion 1.x · 512 pixels/)
      .waitFor();
  });

  it('watches a ComfyUI folder that is dropped on it: by kind, with pictures, and what comes shows by itself', async () => {
    await drop(app.page, comfy);
    for (const name of ['dreamy', 'ink', 'canny', 'toy', 'flux']) await row(name).waitFor();
    await dialog()
      .getByText(/ComfyUI, watched, 5 files/)
      .waitFor();
    await dialog()
      .getByText(/Not shown.*old\.ckpt/)
      .waitFor();
    for (const name of ['Models 4', 'LoRAs 1', 'ControlNets 1', 'Embeddings 1', 'Other files 1'])
      await list().getByRole('heading', { name }).waitFor();
    await row('ink').getByText('in ComfyUI/models/loras/styles').waitFor();
    const picture = row('ink').locator('img');
    await picture.waitFor();
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(50);
    place(join(comfy, 'models/loras/fresh.safetensors'), LORA);
    await row('fresh').waitFor();
    await accessible(app.page);
  });

  it('is searched, walked by keys and looked into', async () => {
    const { page } = app;
    await dialog().getByRole('searchbox').fill('rough ink');
    expect(await framed(page)).toEqual(['Search the library']);
    await expect.poll(() => list().locator('[data-path]').count()).toBe(1);
    await row('ink').focus();
    await page.keyboard.press('Enter');
    const inside = dialog().getByRole('region', { name: 'Inside ink' });
    await inside.getByText('UNet (1 layer), text encoder (1 layer)').waitFor();
    await inside.getByText('Alpha, it says').waitFor();
    await accessible(page);
    await page.keyboard.press('Enter');
    await inside.waitFor({ state: 'detached' });
    await dialog().getByRole('searchbox').fill('');
    await row('painterly').focus();
    await page.keyboard.press('d');
    await row('painterly').getByText('default', { exact: true }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-path')))
      .toContain('dreamy');
    await page.keyboard.press('Escape');
  });

  it('gives a project its model, and a prompt its trigger words', async () => {
    const { page } = app;
    await newProject(app, at('film.retake'));
    await importClip(app, at('clip.mp4'));
    await shots(page).first().focus();
    await unfold(page, 'Model and looks');
    const model = page.getByRole('combobox', { name: 'Model of this project' });
    await expect.poll(() => model.inputValue()).toBe('Default (painterly)');
    // A list closes when what it belongs to is scrolled.
    await model.scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    await model.focus();
    await page.getByRole('option', { name: 'dreamy' }).waitFor();
    await page.keyboard.type('drea');
    // Every letter is there, the first as well.
    expect(await model.inputValue()).toBe('drea');
    await page.getByRole('option', { name: 'dreamy' }).click();
    await expect.poll(() => model.inputValue()).toBe('dreamy');
    await saved(page);
    // Settings that another model brought stay until the artist takes those that suit; dreamy brings none of its own.
    const guidance = page.getByRole('spinbutton', { name: 'Prompt strength' });
    const suit = page.getByRole('button', { name: 'Use the settings that suit it' });
    expect(await suit.count()).toBe(0);
    for (const [name, value] of [
      ['Retake demo', '1.5'],
      ['dreamy', '7.5'],
    ] as const) {
      await model.fill(name);
      await page.getByRole('option', { name, exact: true }).click();
      await suit.click();
      await expect.poll(() => guidance.inputValue()).toBe(value);
      await suit.waitFor({ state: 'detached' });
    }
    await expect.poll(() => model.inputValue()).toBe('dreamy');
    await saved(page);
    await openLibrary();
    await dialog().getByRole('searchbox').fill('ink drawing');
    await row('ink').getByRole('button', { name: 'Inspect ink' }).click();
    await dialog().getByRole('button', { name: 'Add to the prompt: ink drawing' }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => prompt(page).inputValue()).toBe('ink drawing');
    const lora = page.getByRole('combobox', { name: 'Add a LoRA from the library' });
    await lora.focus();
    await page.keyboard.type('ink');
    await page.getByRole('option', { name: 'ink' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('list', { name: '1 LoRA' }).getByText('ink', { exact: true }).waitFor();
    await expect.poll(() => lora.inputValue()).toBe('');
    // Who works with keys goes on where they are.
    expect(await focused(page)).toBe('Add a LoRA from the library');
    expect(await framed(page)).toEqual(['Add a LoRA from the library']);
    const embedding = page.getByRole('combobox', { name: 'Add an embedding from the library' });
    await embedding.focus();
    await page.keyboard.type('toy');
    await page.getByRole('option', { name: 'toy' }).click();
    await page.getByRole('button', { name: 'Remove toy.safetensors' }).waitFor();
    // It was the only one.
    expect(await focused(page)).toBe('Add an embedding from the library');
    const control = page.getByRole('combobox', { name: 'Add a ControlNet from the library' });
    // The same network may follow two things.
    for (const list of ['1 ControlNet', '2 ControlNets']) {
      await control.focus();
      await page.keyboard.type('canny');
      await page.getByRole('option', { name: 'canny' }).click();
      await page.getByRole('list', { name: list }).waitFor();
      await expect.poll(() => control.inputValue()).toBe('');
    }
    await page.getByRole('list', { name: '2 ControlNets' }).getByText('Scale').first().waitFor();
    await saved(page);
    await accessible(page);
  });

  it('refuses a model that is gone by its name, and renders with no other', async () => {
    const { page } = app;
    const path = join(comfy, 'models/checkpoints/dreamy.safetensors');
    renameSync(path, at('elsewhere.safetensors'));
    await page.getByText(/dreamy.safetensors is not in the library/).waitFor();
    await shots(page).first().focus();
    await page.keyboard.press('Control+Enter');
    await expect.poll(messages).toMatch(/the model dreamy.safetensors is not there/i);
    expect(await page.locator('[data-entry]').count()).toBe(0);
    const inspector = page.getByRole('tabpanel', { name: 'Inspector' });
    const refused = inspector.getByText(/the model dreamy.safetensors is not there/i);
    await refused.waitFor();
    renameSync(at('elsewhere.safetensors'), path);
    await page.getByText(/dreamy.safetensors is not in the library/).waitFor({ state: 'detached' });
    // What was said of a render is asked anew.
    await refused.waitFor({ state: 'detached' });
  });

  it('has room for a file name of 200 letters, in the list, beside its button and under the pointer', async () => {
    const { page } = app;
    const name = 'x'.repeat(187);
    await drop(app.page, place(at('long', `${name}.safetensors`), LORA));
    await expect.poll(messages).toContain(`Added ${name}, a LoRA`);
    const lora = page.getByRole('combobox', { name: 'Add a LoRA from the library' });
    await lora.scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    await lora.fill('xxx');
    const option = page.getByRole('option', { name });
    await option.waitFor();
    const cutOff = (one: Element) => one.scrollWidth > one.clientWidth;
    expect(await option.evaluate(cutOff)).toBe(false);
    await option.click();
    await page.getByRole('button', { name: `Remove ${name}` }).waitFor();
    const beyond = await page.getByRole('tabpanel', { name: 'Inspector' }).evaluate((panel) =>
      Array.from(panel.querySelectorAll('p, span, button, input'))
        // A name that is cut short is longer than its place.
        .filter((one) => one.getBoundingClientRect().right > window.innerWidth)
        .map((one) => one.outerHTML.slice(0, 100)),
    );
    expect(beyond).toEqual([]);
  });
});
