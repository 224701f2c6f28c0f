/** Many edits from a table: refused by line before anything is rendered, rendered row by row, gone on with. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorld, movingClip, retake, type World } from '../helpers/cli.ts';

let world: World;
let folder: string;
let table: string;
beforeAll(async () => {
  world = await makeWorld();
  // Paths in a table are seen from its own folder, wherever the command is given.
  folder = join(world.dir, 'film');
  mkdirSync(folder);
  mkdirSync(join(folder, 'takes'));
  await movingClip(join(folder, 'clip.mov'), { sound: false });
  table = join(folder, 'edits.csv');
});
afterAll(() => world[Symbol.dispose]());

const batch = (...more: string[]) =>
  retake(
    [
      'batch',
      table,
      '--model',
      world.bundle,
      '--provider',
      'cpu',
      '--steps',
      '2',
      '--source-prompt',
      'a car',
      ...more,
    ],
    world,
  );

it('tells every row that cannot be rendered by its line, and renders none', async () => {
  writeFileSync(
    table,
    [
      'Clip;Prompt;Range;Seed;Out',
      'clip.mov;a swan;0-2;1;takes/a.mov',
      'clip.mov;"two',
      'lines";0-2;x;takes/b.mov',
      'gone.mov;a swan;0-2;1;takes/c.mov',
      '',
      'clip.mov;a swan;0-400;1;takes/d.mov',
      'clip.mov;;0-2;1;takes/e.mov',
    ].join('\r\n'),
  );
  const options = await batch();
  expect(options.code).toBe(2);
  expect(options.stderr).toContain('2 rows cannot be rendered, and none was begun');
  expect(options.stderr).toMatch(/line 3: --seed wants a number, not "x"/);
  expect(options.stderr).toMatch(/line 8: required option '--prompt/);

  writeFileSync(
    table,
    readFileSync(table, 'utf8').replace(';x;', ';7;').replace('clip.mov;;', 'clip.mov;a swan;'),
  );
  const clips = await batch();
  expect(clips.code).toBe(2);
  expect(clips.stderr).toMatch(/line 5: .*gone\.mov.*\n.*line 7: .*frames 0 to 23.*\n.*2 rows cannot/);
  expect(readdirSync(join(folder, 'takes'))).toEqual([]);

  writeFileSync(table, 'clip,promt,out,OUT\nclip.mov,a,b.mov,c.mov\n');
  expect((await batch()).stderr).toContain('no column is called "promt"');
  writeFileSync(table, 'clip,prompt,out\nclip.mov,a,takes/a.mov\nclip.mov,b,takes/A.mov\n');
  expect((await batch()).stderr).toContain('line 3: its take has the name of that of line 2');
});

it('renders each row, inverts once, and passes over what is there when it is given again', async () => {
  writeFileSync(
    table,
    [
      'clip,prompt,range,seed,guidance,out',
      'clip.mov,"a swan, white",0-2,1,7.5,takes/a.mov',
      'clip.mov,a swan,0-2,2,3,takes/b.mov',
      'clip.mov,a boat,0-2,2,,takes/c.mov',
    ].join('\n'),
  );
  const looked = await batch('--check', '--json');
  expect(looked.code, looked.stderr).toBe(0);
  expect(looked.stderr).toContain('3 of 3 rows to render, 9 frames');
  expect(JSON.parse(looked.stdout)).toMatchObject([{ line: 2, state: 'not begun' }, {}, {}]);

  const { code, stdout, stderr } = await batch('--json');
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('row 2 of 3 (line 3): b.mov');
  const results = JSON.parse(stdout);
  expect(results).toMatchObject([
    {
      ...{ line: 2, state: 'rendered', out: join(folder, 'takes/a.mov') },
      report: {
        range: { start: 0, end: 3 },
        settings: { prompts: { target: 'a swan, white' }, sampling: { seed: 1, guidance: 7.5, steps: 2 } },
      },
    },
    {
      line: 3,
      state: 'rendered',
      report: { inversion: { unetCalls: 0 }, settings: { sampling: { guidance: 3 } } },
    },
    { line: 4, state: 'rendered', report: { inversion: { unetCalls: 0 } } },
  ]);

  for (const name of ['b.mov', 'b.report.json']) rmSync(join(folder, 'takes', name));
  const again = await batch();
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toContain('1 of 3 rows to render, 3 frames');
  expect(again.stdout).toMatch(
    /line 2: there already .*\nline 3: rendered .*\nline 4: there already .*\n1 rendered, 2 there already/,
  );
  expect(existsSync(join(folder, 'takes/b.mov'))).toBe(true);

  // Another row must not take the place of a take that is there.
  writeFileSync(table, readFileSync(table, 'utf8').replace('a boat', 'a ship'));
  const other = await batch();
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(/line 4: .*a take of other settings lies there/);
});
