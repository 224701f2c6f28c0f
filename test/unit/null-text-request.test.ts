/** What null text may be asked with, and which runs it leads. */
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../src/common/errors.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { addEditOptions, type EditFlags, editRequest, wishesOf } from '../../src/main/cli/edit-options.ts';
import { ledByText } from '../../src/main/engine/diffusion/led-by-text.ts';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { ddim } from '../../src/main/engine/diffusion/solvers/ddim.ts';
import { methods } from '../../src/main/engine/methods/registry.ts';
import { checkTold, mayLeadBack } from '../../src/main/engine/recipe/null-text.ts';
import { resolveRequest } from '../../src/main/engine/recipe/request.ts';
import { settings as plain } from '../helpers/job-settings.ts';
import { SD_SCHEDULER, text } from '../helpers/smooth-network.ts';

function inversionOf(...flags: string[]) {
  const command = addEditOptions(new Command('edit').exitOverride()).configureOutput({ writeErr: () => {} });
  const needed = ['--bundle', 'b', '--source-prompt', 'a', '--prompt', 'b', '--out', 't.mov'];
  command.parse([...needed, ...flags], { from: 'user' });
  return editRequest('clip.mov', command.opts<EditFlags>()).inversion;
}

it('is said by --inversion null-text too, which leaves the step that is analysed alone', () => {
  expect(inversionOf('--inversion', 'null-text')).toEqual({ nullText: 'frame' });
  expect(inversionOf('--inversion', 'null-text', '--null-text', 'shared')).toEqual({ nullText: 'shared' });
  expect(inversionOf('--inversion', 'lower')).toEqual({ mode: 'lower' });
  expect(inversionOf('--inversion', 'lower', '--null-text', 'frame', '--null-text-steps', '3')).toEqual({
    mode: 'lower',
    nullText: 'frame',
    nullTextSteps: 3,
  });
  expect(() => inversionOf('--inversion', 'null')).toThrow(/upper, lower, null-text/);
});

it('changes no key as long as it is off', () => {
  const { inversion } = SETTINGS.defaults;
  const affecting = (what: 'inversion' | 'sampling') =>
    SETTINGS.valuesThatAffect({ inversion }, what).map(([path]) => path);
  expect(affecting('sampling').filter((path) => path.startsWith('inversion.'))).toEqual([]);
  expect(affecting('inversion')).not.toContain('inversion.nullText');
});

describe('a request', () => {
  const asked = (
    method: { id: string; params?: Record<string, unknown> },
    more: object = {},
    guide: object = {},
  ) => {
    const inversion = { ...plain.inversion, nullText: 'frame' as const };
    return resolveRequest({
      method: { params: {}, ...method },
      inversion,
      sampling: { ...plain.sampling, guidance: 7.5, ...more },
      guide: { ...plain.guide, ...guide },
    });
  };
  const hintOf = (request: Promise<unknown>) =>
    request.then(
      () => null,
      ({ message, hint }: AppError) => `${message} ${hint}`,
    );

  it('starts from the clip where the method leaves that open and the artist says nothing', async () => {
    const { params, needs } = await asked({ id: 'img2img' });
    expect(params).toMatchObject({ start: 'inversion' });
    expect(needs).toEqual(['inversion', 'nullText', 'sourceText']);
    expect(await hintOf(asked({ id: 'img2img', params: { start: 'noise' } }))).toMatch(
      /does not start from the clip here.*-p start=inversion, or choose .*mix/,
    );
  });

  it('goes with every method that starts from the clip', async () => {
    for (const id of ['mix', 'pix2video', 'controlvideo'])
      expect((await asked({ id })).needs).toEqual(expect.arrayContaining(['nullText', 'sourceText']));
    expect((await asked({ id: 'pix2video' }, { solver: 'dpmpp_2m' })).solver.id).toBe('dpmpp_2m');
  });

  it.each(methods.list)('is offered with $id where it can be asked with it', async (method) => {
    const isGranted = await asked({ id: method.id }).then(
      () => true,
      () => false,
    );
    expect(mayLeadBack(method)).toBe(isGranted);
  });

  it('is refused where it makes no sense, with what to do', async () => {
    expect(await hintOf(asked({ id: 'sdedit' }))).toMatch(/does not start from the clip here.*Choose .*mix/);
    expect(await hintOf(asked({ id: 'mix' }, { guidance: 1 }))).toMatch(/at .* 1 it is not read.*above 1/);
    expect(await hintOf(asked({ id: 'pix2video' }, { solver: 'heun' }))).toMatch(
      /twice a step.*ddim or euler/,
    );
    expect(await hintOf(asked({ id: 'mix' }, {}, { keep: 0.4 }))).toMatch(/source prompt.*one of the two/);
    const inversion = { ...plain.inversion, nullText: 'shared' as const };
    const told = () => checkTold({ toldGuidance: true, name: 'quick' }, { inversion });
    expect(told).toThrow(/quick was made for few steps/);
  });
});

describe('a run', () => {
  const schedule = makeLevels(SD_SCHEDULER, 4, { solver: ddim });
  const asked = [text(0), text(1)];
  const textOf = (frame: number, step: number) => text(10 * frame + step);
  const run = { frames: [0, 1], schedule, start: () => new Float32Array() };

  it('has the text of its frame and of the level, also where it begins half way', () => {
    expect(ledByText(run, schedule, textOf).text!(1, 3, asked)).toEqual([text(13), text(1)]);
    const late = { ...run, schedule: { ...schedule, levels: schedule.levels.slice(2) } };
    expect(ledByText(late, schedule, textOf).text!(1, 0, asked)).toEqual([text(12), text(1)]);
    const beside = { ...run, standsFor: () => 0 };
    expect(ledByText(beside, schedule, textOf).text!(1, 2, asked)).toEqual([text(2), text(1)]);
  });

  it('keeps what it says itself of the other branch, and goes as it went from other noise or at other levels', () => {
    const own = { ...run, text: () => [text(5), text(6)] };
    expect(ledByText(own, schedule, textOf).text!(0, 1, asked)).toEqual([text(1), text(6)]);
    const noised = { ...run, noise: () => new Float32Array() };
    expect(ledByText(noised, schedule, textOf)).toBe(noised);
    const other = { ...run, schedule: makeLevels(SD_SCHEDULER, 7, { solver: ddim }) };
    expect(ledByText(other, schedule, textOf).text!(0, 3, asked)).toBe(asked);
  });
});

it('is not asked for by one option and denied by another', () => {
  const asks = { inversion: 'null-text' };
  expect(wishesOf(asks).get('inversion.nullText')).toBe('frame');
  expect(wishesOf({ ...asks, nullText: 'shared' }).get('inversion.nullText')).toBe('shared');
  expect(() => wishesOf({ ...asks, nullText: 'off' })).toThrow(
    '--inversion null-text asks for what another option sets to off',
  );
});
