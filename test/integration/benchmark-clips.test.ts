import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { movingClip } from '../helpers/cli.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const ROOT = resolve(import.meta.dirname, '../..');

let dir = '';
let clip = '';
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'retake-clips-'));
  await writeTinyBundle(join(dir, 'bundle'));
  clip = await movingClip(join(dir, 'tall.mov'), { size: '48x64', frames: 4, sound: false });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function measured(...args: string[]) {
  const paths = ['--bundle', join(dir, 'bundle'), '--out', join(dir, 'out')];
  return spawnSync(
    process.execPath,
    [join(ROOT, 'tools/benchmark/clips.ts'), ...paths, '--steps', '2', ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
}

it('measures methods on clips, once, and writes the table between its marks', () => {
  const document = join(dir, 'page.md');
  const [begin, end] = [
    '<!-- clips: written by npm run benchmark:clips -- --docs -->',
    '<!-- end of clips -->',
  ];
  writeFileSync(document, `# Page\n${begin}\n${end}\n`);
  const asked = [clip, '--methods', 'img2img', '--frames', '2', '--lengths', '2,4', '--docs', document];
  const first = measured(...asked);
  expect(first.stderr).toBe('');
  expect(first.stdout).toContain('5/5');
  expect(readFileSync(document, 'utf8')).toMatch(
    /\| 1 of 1 \| yes \| yes \| \d+\.\d \| \d+\.\d\d \| \d+ \| \d+ \|/,
  );
  const again = measured(...asked, '--minutes', '0');
  expect(again.stdout).not.toContain('5/5');
  expect(again.stdout).toContain('| 1 of 1 | yes | yes |');
  expect(measured('--methods', 'magic').stderr).toContain('there is no method "magic"');
});
