/** docs/plugins.md, followed to the letter: what it says is written, run and installed, and then it is there and used. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TakeReport } from '../../src/common/report.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { makeWorld, movingClip, type Run, retake, type World } from '../helpers/cli.ts';
import { clipRefOf, withClip } from '../helpers/project.ts';

const root = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/plugins.md'), 'utf8');

type Step =
  | { readonly kind: 'run'; readonly words: readonly string[] }
  | { readonly kind: 'write'; readonly path: string; readonly text: string };

/** Blocks of "```sh" are run, line by line; blocks of "```js path" and "```json path" are the whole of that file. */
function stepsOf(text: string): readonly Step[] {
  return [...text.matchAll(/^```(sh|js|json)(?: (\S+))?\n(.*?)^```$/gms)].flatMap(
    ([, kind, path, body]): Step[] =>
      kind === 'sh'
        ? body!
            .trim()
            .split('\n')
            .map((line) => ({ kind: 'run', words: line.split(' ') }))
        : [{ kind: 'write', path: path!, text: body! }],
  );
}

describe('the guide for those who write plugins', () => {
  let world: World;
  const runs: { readonly line: string; readonly run: Run }[] = [];
  const inHome = (...args: string[]) => retake(args, { home: world.home });

  beforeAll(async () => {
    world = await makeWorld();
    for (const step of stepsOf(guide)) {
      if (step.kind === 'write') {
        const file = join(world.dir, step.path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, step.text);
        continue;
      }
      const [program, ...words] = step.words;
      if (program !== 'retake') throw new Error(`the guide runs ${program}`);
      const args = words.map((word, at) => (isPath(words, at) ? join(world.dir, word) : word));
      runs.push({ line: step.words.join(' '), run: await inHome(...args) });
    }
  }, 600_000);
  afterAll(() => world?.[Symbol.dispose]());

  it('says what works, line by line', () => {
    const failed = runs.filter(({ run }) => run.code !== 0);
    expect(failed.map(({ line, run }) => `${line}\n${run.stdout}${run.stderr}`)).toEqual([]);
    expect(runs.length).toBeGreaterThan(12);
  });

  it('leaves plugins that are listed, whole', async () => {
    const { stdout } = await inHome('plugin', 'ls');
    for (const id of ['my-exporter', 'cue-sheet', 'calm', 'nearness', 'shot-card'])
      expect(stdout).toContain(`org.example.${id}`);
  });

  it('has its format written', async () => {
    const clip = await movingClip(join(world.dir, 'clip.mov'), { frames: 24 });
    const ref = await clipRefOf(clip);
    const project = join(world.dir, 'film.retake');
    const opened = createProject(project, withClip(ref));
    await opened.close?.();
    const out = join(world.dir, 'out');
    const run = await inHome(
      'export',
      project,
      '--out',
      out,
      '--timeline',
      '--format',
      'org.example.cue-sheet/cues',
    );
    expect({ code: run.code, told: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, told: '' });
    const name = readdirSync(out).find((file) => file.endsWith('.cue.txt'));
    expect(readFileSync(join(out, name!), 'utf8')).toMatch(/^01:00:00:00 \S/);
  });

  it('has its method rendered with, and in the report', async () => {
    const demo = join(root, 'resources/demo');
    const run = await inHome(
      ...[
        'edit',
        join(demo, 'clip.mp4'),
        '--bundle',
        join(demo, 'bundle'),
        '--out',
        join(world.dir, 'take.mov'),
      ],
      ...['--method', 'org.example.calm/steady', '-p', 'share=0.5', '--source-prompt', 'a red ball'],
      ...[
        '--prompt',
        'a blue ball',
        '--from',
        '0',
        '--to',
        '2',
        '--steps',
        '6',
        '--provider',
        'cpu',
        '--json',
      ],
    );
    expect({ code: run.code, told: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, told: '' });
    const { method } = JSON.parse(run.stdout) as TakeReport;
    expect(method).toMatchObject({ id: 'org.example.calm/steady', params: { strength: 0.6, share: 0.5 } });
  });

  it('has its estimator in the library', async () => {
    const { stdout } = await inHome('library', 'list', '--json');
    expect(stdout).toContain('Nearness');
  });
});

/** What stands for a folder or an archive of the author's. */
function isPath(words: readonly string[], at: number): boolean {
  return words[0] === 'plugin' && at === 2 && ['new', 'test', 'pack', 'install'].includes(words[1]!);
}
