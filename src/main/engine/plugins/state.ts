/** `plugins.json`: what the artist agreed to and switched, and what Retake switched off. The plugins themselves lie beside it. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { pluginIdFault } from '../../../common/plugins/ids.ts';
import { permissionsSchema } from '../../../common/plugins/manifest.ts';

const granted = permissionsSchema;
/** Of the hidden folders `.new-<tag>` and `.old-<tag>`. */
const tag = z.string().regex(/^[\w-]{1,40}$/);

const record = z.object({
  id: z.string().refine((id) => pluginIdFault(id) === null),
  /** Of the artist. */
  on: z.boolean(),
  /** Why Retake switched it off. */
  disabled: z.string().nullable().default(null),
  /** It lies in the folder of its id; the artist agreed to these permissions. */
  installed: z.object({ granted }).nullable().default(null),
  /** It is being made there, and goes before the one that is installed; `reloaded` counts how often it was started anew. */
  developer: z
    .object({ folder: z.string(), granted, reloaded: z.int().nonnegative().default(0) })
    .nullable()
    .default(null),
  /** Begun and to be finished whatever happens: written before the first folder gets another name. */
  pending: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('install'), tag, granted }),
      z.object({ kind: z.literal('remove'), tag }),
    ])
    .nullable()
    .default(null),
});
export type PluginRecord = z.output<typeof record>;

const stateFile = z.object({ format: z.literal(1), plugins: z.array(record) });

export interface PluginState {
  readonly plugins: readonly PluginRecord[];
  /** The file is there and cannot be read. */
  readonly damaged: boolean;
}

export const stateIn = (dir: string): string => join(dir, 'plugins.json');

/** Of thousands of plugins; a larger one is none of Retake's. */
const LARGEST = 4e6;

export async function readState(dir: string): Promise<PluginState> {
  let text: string;
  try {
    const { size } = await stat(stateIn(dir));
    if (size > LARGEST) return { plugins: [], damaged: true };
    text = await readFile(stateIn(dir), 'utf8');
  } catch (error) {
    return { plugins: [], damaged: (error as NodeJS.ErrnoException).code !== 'ENOENT' };
  }
  try {
    const { plugins } = stateFile.parse(JSON.parse(text));
    return { plugins: [...new Map(plugins.map((one) => [one.id, one])).values()], damaged: false };
  } catch {
    return { plugins: [], damaged: true };
  }
}

export function stateText(plugins: readonly PluginRecord[]): string {
  return JSON.stringify({ format: 1, plugins }, null, 2);
}

export const newRecord = (id: string): PluginRecord => ({
  ...{ id, on: true, disabled: null, installed: null, developer: null, pending: null },
});
