/** The golden sets that lie beside the checkout, and the runner's own honesty. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runGolden } from '../../tools/golden/golden.ts';
import { expectEveryForm } from '../helpers/every-form.ts';
import { sharedPath } from '../helpers/shared.ts';

const golden = sharedPath('golden');

const scratch: string[] = [];
function scratchFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'golden-'));
  scratch.push(dir);
  return dir;
}
afterAll(() => {
  for (const dir of scratch) rmSync(dir, { recursive: true });
});

interface Manifest {
  settings: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** A copy of one case as a set of its own, its manifest changed. */
function changedCase(name: string, change: (manifest: Manifest) => void): string {
  const root = scratchFolder();
  const dir = join(root, name);
  cpSync(join(golden!, 'cases', name), dir, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
  change(manifest);
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
  return root;
}

describe.skipIf(!golden)('goldens', () => {
  it('all pass but those whose feature is not built', { timeout: 900_000 }, async () => {
    const rows = await runGolden(golden!);
    expectEveryForm(rows, ['sd1', 'sd2v', 'depth', 'sdxl']);
    expect(rows.filter(({ status }) => status === 'pass').length).toBeGreaterThanOrEqual(35);
    // Of every form of their model.
    const passed = (what: string) =>
      rows.filter(({ case: name, status }) => name.includes(what) && status === 'pass').length;
    expect([passed('lora'), passed('controlnet'), passed('depth-estimator')]).toEqual([6, 12, 2]);
    for (const { case: name, output, status } of rows) {
      if (/^0[1-6]/.test(name)) expect([name, output, status]).toEqual([name, output, 'pass']);
    }
  });

  it('fail when the settings are not those of the numbers', async () => {
    for (const wrong of [{ guidance: 7.4 }, { anchor: 1 }]) {
      const root = changedCase('06-pix2video-anchor0', (manifest) => {
        Object.assign(manifest.settings, wrong);
        manifest.outputs = { traj_off: manifest.outputs.traj_off };
      });
      const rows = await runGolden(root, { bundles: join(golden!, 'bundles') });
      expect(rows.map(({ output, status }) => [output, status])).toEqual([['traj_off', 'fail']]);
    }
  });

  it('fail by name where bundle, input or array is missing, and go on with the rest', async () => {
    const nowhere = changedCase('01-text', () => {});
    expect(await runGolden(nowhere)).toEqual([
      expect.objectContaining({ case: '01-text', status: 'fail', note: expect.stringContaining('tiny-sd') }),
    ]);
    const cut = changedCase('01-text', () => {});
    writeFileSync(join(cut, '01-text', 'input_ids.npy'), 'nothing');
    const rows = await runGolden(cut, { bundles: join(golden!, 'bundles') });
    expect(rows.map(({ status }) => status)).toEqual(['fail', 'pass', 'pass']);
    expect(rows[0]!.note).toContain('input_ids.npy');
  });

  it('takes a schedule of weights, whatever its output is called, and says what it cannot read', async () => {
    const root = changedCase('05-mixing', ({ settings, outputs }) => {
      settings.w_schedule_by_step = Array(10).fill(0.6);
      const kept = outputs['w0.6'];
      for (const output of Object.keys(outputs)) delete outputs[output];
      Object.assign(outputs, { schedule: kept, 'w0.60': kept, 'w0.6_before': kept });
    });
    const rows = await runGolden(root, { bundles: join(golden!, 'bundles') });
    expect(rows.map(({ output, status }) => [output, status])).toEqual([
      ['schedule', 'pass'],
      ['w0.60', 'pass'],
      ['w0.6_before', 'fail'],
    ]);
  });
});

it('finds nothing in an empty folder and refuses one that is not there', async () => {
  const dir = scratchFolder();
  mkdirSync(join(dir, 'empty'));
  expect(await runGolden(dir)).toEqual([]);
  await expect(runGolden(join(dir, 'absent'))).rejects.toMatchObject({ code: 'usage' });
});
