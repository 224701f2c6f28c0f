/** Where the parts of the application lie, in a checkout and when packaged. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { childEnvironment } from '../child-environment.ts';
import { dataDirectory } from '../data-directory.ts';

export interface AppPaths {
  readonly engine: string;
  readonly trial: string;
  readonly page: string;
  readonly previews: string;
  readonly demo: string;
  /** The panel for DaVinci Resolve. */
  readonly resolvePanel: string;
  /** What this user's Retake keeps. */
  readonly home: string;
  /** Environment of the engine: ours, and where it finds what is shipped with the application. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function appPaths(): AppPaths {
  const resources = app.isPackaged ? process.resourcesPath : join(app.getAppPath(), 'resources');
  const home = dataDirectory();
  const ffmpeg = join(resources, 'ffmpeg', process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
  return {
    engine: join(import.meta.dirname, 'engine.js'),
    trial: join(import.meta.dirname, 'probe-child.js'),
    page: join(import.meta.dirname, '../renderer'),
    previews: join(home, 'previews'),
    demo: join(resources, 'demo'),
    resolvePanel: join(resources, 'resolve', 'panel'),
    home,
    env: {
      ...childEnvironment(),
      RETAKE_HOME: home,
      ...(!process.env.RETAKE_FFMPEG && existsSync(ffmpeg) && { RETAKE_FFMPEG: ffmpeg }),
    },
  };
}
