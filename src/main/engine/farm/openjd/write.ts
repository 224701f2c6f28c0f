/** The template in its folder. */
import { writeWhole } from '../../../atomic-files.ts';
import { farmPaths } from '../job-folder.ts';
import type { JobTemplate } from './schema.ts';

/** In the place of one that is there. @throws what the file system says */
export function writeTemplate(folder: string, template: JobTemplate): Promise<void> {
  return writeWhole(farmPaths.template(folder), `${JSON.stringify(template, null, 2)}\n`);
}
