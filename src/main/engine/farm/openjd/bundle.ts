/** What Deadline Cloud reads beside a template: values of parameters, and the files that tasks need. */
import { filesOfClip } from '../../media/sequence.ts';
import type { FarmJob } from '../job-folder.ts';

/** Times that a task is given to another machine. */
const RETRIES = 3;

/** parameter_values.json */
export function parameterValues(): object {
  return {
    parameterValues: [
      { name: 'deadline:targetTaskRunStatus', value: 'READY' },
      { name: 'deadline:maxRetriesPerTask', value: RETRIES },
    ],
  };
}

/** asset_references.json: footage is uploaded where machines share no disk; models that did not go along are named, and are there. */
export function assetReferences({ sources }: Pick<FarmJob, 'sources'>): object {
  const footage = sources.filter(({ use }) => use === 'footage').flatMap(({ path }) => filesOfClip(path));
  const models = sources.filter(({ use, copied }) => use !== 'footage' && copied === null);
  return {
    assetReferences: {
      inputs: { filenames: footage, directories: [] },
      outputs: { directories: [] },
      referencedPaths: models.map(({ path }) => path),
    },
  };
}
