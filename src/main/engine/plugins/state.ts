/** `plugins.json`: what the artist agreed to and switched, and what Retake switched off. The plugins themselves lie beside it. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { pluginIdFault } from '../../../common/plugins/ids.ts';
import { type Permissions, permissionsSchema } from '../../../common/plugins/manifest.ts';

const record = z.object({
  id: z.string().refine((id) => pluginIdFault(id) === null),
  on: z.boolean(),
  /** What the artist agreed to. */
  granted: permissionsSchema,
  /** Why Retake switched it off. */
  disabled: z.string().nullable().default(null),
  /** Where it lies, if it is being made; else it lies in the folder of its id. */
  folder: z.string().nullable().default(null),
});
export type PluginRecord = z.output<typeof record>;

const stateFile = z.object({ plugins: z.array(record) });

export interface PluginState {
  readonly plugins: readonly PluginRecord[];
  /** The file is there and cannot be read. */
  readonly damaged: boolean;
}

export const NOTHING_GRANTED: Permissions = {};

export async function readState(file: string): Promise<PluginState> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { plugins: [], damaged: (error as NodeJS.ErrnoException).code !== 'ENOENT' };
  }
  try {
    return { ...stateFile.parse(JSON.parse(text)), damaged: false };
  } catch {
    return { plugins: [], damaged: true };
  }
}
