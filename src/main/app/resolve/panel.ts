/** Writes the panel for DaVinci Resolve Studio (a Workflow Integration) where the artist says. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../../common/errors.ts';

const ID = 'app.retake.resolve';
const DOING = 'installing the panel for DaVinci Resolve';
/** Blackmagic's own library, which nobody else may hand on. */
const LIBRARY = 'WorkflowIntegration.node';

/** Where Resolve looks for panels, and where its library lies; null on systems for which Blackmagic has none. */
export function resolvePlaces(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): { readonly panels: string; readonly library: string } | null {
  const root =
    platform === 'darwin'
      ? '/Library/Application Support/Blackmagic Design/DaVinci Resolve'
      : platform === 'win32'
        ? join(env.PROGRAMDATA ?? 'C:\\ProgramData', 'Blackmagic Design', 'DaVinci Resolve', 'Support')
        : null;
  if (root === null) return null;
  return {
    panels: join(root, 'Workflow Integration Plugins'),
    library: join(root, 'Developer', 'Workflow Integrations', 'Examples', 'SamplePlugin', LIBRARY),
  };
}

export interface Installed {
  readonly folder: string;
  /** Whether Blackmagic's library is in it. */
  readonly complete: boolean;
}

/**
 * @param from the panel among what came with Retake
 * @param into the folder in which its folder is made; one of an earlier version is written over
 * @param door where Retake says how it is reached
 * @throws AppError output-unwritable, usage for a folder of that name that is somebody else's
 */
export function installPanel({
  from,
  into,
  door,
  library,
}: {
  readonly from: string;
  readonly into: string;
  readonly door: string;
  readonly library: string | null;
}): Installed {
  const folder = join(into, ID);
  if (existsSync(folder) && !isOurs(folder))
    throw new AppError('usage', `${folder} is there already and is not Retake's`, {
      doing: DOING,
      hint: 'Choose another folder.',
    });
  try {
    mkdirSync(folder, { recursive: true });
    cpSync(from, folder, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), `${JSON.stringify({ door }, null, 2)}\n`);
    if (library !== null && existsSync(library)) cpSync(library, join(folder, LIBRARY));
  } catch (error) {
    throw new AppError('output-unwritable', `${folder} cannot be written`, {
      doing: DOING,
      hint: 'Choose a folder that you may write to, and move it from there.',
      cause: error,
    });
  }
  return { folder, complete: existsSync(join(folder, LIBRARY)) };
}

function isOurs(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'manifest.xml'), 'utf8').includes(`<Id>${ID}</Id>`);
  } catch {
    return false;
  }
}
