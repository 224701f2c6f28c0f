/** The template in its folder, and what Deadline Cloud reads beside it: together a job bundle. */
import { join } from 'node:path';
import { writeWhole } from '../../../atomic-files.ts';
import { type FarmJob, farmPaths } from '../job-folder.ts';
import { assetReferences, parameterValues } from './bundle.ts';
import type { JobTemplate } from './schema.ts';

/** In the place of what is there. @throws what the file system says */
export async function writeBundle(
  folder: string,
  job: Pick<FarmJob, 'sources'>,
  template: JobTemplate,
): Promise<void> {
  await write(join(folder, 'asset_references.json'), assetReferences(job));
  await write(join(folder, 'parameter_values.json'), parameterValues());
  await write(farmPaths.template(folder), template);
}

function write(path: string, value: object): Promise<void> {
  return writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}
