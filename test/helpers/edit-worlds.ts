/** Where edits are rendered up to their latents: a network, one that is told the guidance, a short clip and a cache. */
import { join } from 'node:path';
import { expect } from 'vitest';
import type { EditSettings } from '../../src/common/settings/settings.ts';
import { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { makeWorld, movingClip, type World } from './cli.ts';
import { type Short, settingsWith } from './job-settings.ts';

export const FRAMES = 3;
export const STEPS = 4;

export interface EditWorlds extends Disposable {
  readonly plain: World;
  readonly told: World;
  readonly clip: string;
  readonly store: ArtefactStore;
  settingsOf(world: World, more: Short): EditSettings;
}

export function storeIn(dir: string): ArtefactStore {
  return new ArtefactStore(join(dir, 'cache.sqlite'), { limitBytes: 1e9, onWarning: expect.unreachable });
}

export async function makeEditWorlds(): Promise<EditWorlds> {
  const plain = await makeWorld();
  const told = await makeWorld({ told: 16 });
  const clip = await movingClip(join(plain.dir, 'clip.mov'), { size: '72x56', frames: FRAMES, sound: false });
  const store = storeIn(plain.dir);
  return {
    ...{ plain, told, clip, store },
    settingsOf: ({ bundle, out }, more) =>
      settingsWith({
        ...{ clip, bundle, out: join(out, 'take.mov'), sourcePrompt: 'a red car', prompt: 'a white swan' },
        ...{ steps: STEPS, refinement: 0, size: 64, provider: 'cpu', ...more },
      }),
    [Symbol.dispose]() {
      store.close();
      plain[Symbol.dispose]();
      told[Symbol.dispose]();
    },
  };
}
