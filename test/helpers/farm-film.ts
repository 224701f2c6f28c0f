/** A film of many shots for farms, and what the desk makes of them. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyProject } from '../../src/common/project/document.ts';
import { parseSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { farmPaths } from '../../src/main/engine/farm/job-folder.ts';
import { rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { clipRefOf } from '../../src/main/engine/project/clip-ref.ts';
import { createProject } from '../../src/main/engine/project/file.ts';
import { render } from '../../src/main/engine/render/render.ts';
import { movingClip, type World } from './cli.ts';
import { shotWith } from './job-settings.ts';
import { contextWith } from './prepared.ts';

export interface Film {
  readonly shots: number;
  /** Of each shot. */
  readonly frames: number;
  readonly steps: number;
}

/** A clip cut into shots, each with a prompt of its own, as a project. @returns its file */
export async function filmOfShots(world: World, { shots, frames, steps }: Film): Promise<string> {
  const file = await movingClip(join(world.dir, 'clip.mov'), { frames: shots * frames });
  const clip = await clipRefOf(await rememberingProbe()(file));
  const timeline = Array.from({ length: shots }, (_, i) => ({
    ...{ kind: 'shot' as const, id: `shot-${i + 1}`, name: `Shot ${i + 1}`, clipId: clip.id, takeId: null },
    ...{ start: i * frames, end: (i + 1) * frames, anchors: [i * frames], leadAnchor: i * frames },
    settings: shotWith({ sourcePrompt: 'a red car', prompt: `a white swan ${i}`, steps, size: 64 }),
  }));
  const path = join(world.dir, 'A film.retake');
  createProject(path, {
    ...emptyProject('A film'),
    ...{
      clips: { [clip.id]: clip },
      timeline,
      bundle: world.bundle,
      provider: 'cpu',
      takesFolder: world.out,
    },
  }).close();
  return path;
}

/** The shots of a farm's job rendered one after the other where nobody has anything yet. @returns the file of each, by number */
export async function deskRenders(
  world: Pick<World, 'dir'>,
  folder: string,
  shots: number,
): Promise<(number: number) => Buffer> {
  const home = join(world.dir, 'desk');
  mkdirSync(home);
  const onWarning = (line: string) => {
    throw new Error(line);
  };
  const store = new ArtefactStore(join(home, 'cache.sqlite'), { limitBytes: 1e9, onWarning });
  const pathOf = (number: number) => join(home, `${number}.mov`);
  for (let number = 1; number <= shots; number++) {
    const settings = parseSettings(JSON.parse(readFileSync(farmPaths.request(folder, number), 'utf8')));
    await render(
      { ...settings, output: { ...settings.output, path: pathOf(number) } },
      contextWith({ dir: home, store, job: `shot-${number}` }),
    );
  }
  store.close();
  return (number) => readFileSync(pathOf(number));
}
