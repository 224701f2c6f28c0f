/** The clip and model that come with the application, for the first minute with it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Demo } from '../../common/bridge.ts';

const settings = z.record(z.string(), z.record(z.string(), z.unknown()));
const content = z.object({
  range: z
    .object({ start: z.int().min(0), end: z.int().min(1) })
    .nullable()
    .default(null),
  settings: settings.default({}),
  edits: z.array(z.object({ name: z.string(), settings })).min(1),
});

/** Null where clip or description are missing or damaged. */
export function readDemo(folder: string, project: string): Demo | null {
  const clip = join(folder, 'clip.mp4');
  if (!existsSync(clip)) return null;
  try {
    const demo = content.parse(JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')));
    return { clip, project, exists: existsSync(project), ...demo };
  } catch {
    return null;
  }
}
