/** Models that go along with a job, for machines that do not have them: the files that count, and no more. */
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { throwIfCancelled } from '../../../common/errors.ts';
import { copyWhole } from '../../atomic-files.ts';
import { requireRoom } from '../disk.ts';
import type { FarmJob } from './job-folder.ts';

type Source = FarmJob['sources'][number];

interface Copied {
  /** Each network with the place where its copy lies. */
  readonly sources: FarmJob['sources'];
  readonly bytes: number;
}

/**
 * @param folder of the job
 * @throws AppError disk-full before anything is copied; what the file system says; Cancelled
 */
export async function copyModels(
  folder: string,
  sources: readonly Source[],
  signal?: AbortSignal,
): Promise<Copied> {
  const names = new Set<string>();
  const placed = sources.map((source) =>
    source.digests === null ? source : { ...source, copied: `models/${freeName(source.path, names)}` },
  );
  const copies = placed.flatMap(({ path, digests, copied }) =>
    copied === null
      ? []
      : Object.keys(digests ?? {}).map((name) => ({
          from: join(path, name),
          to: join(folder, copied, name),
        })),
  );
  let bytes = 0;
  for (const { from } of copies) bytes += (await stat(from)).size;
  await requireRoom(folder, bytes, 'copying the models');
  for (const { from, to } of copies) {
    throwIfCancelled(signal);
    await mkdir(dirname(to), { recursive: true });
    await copyWhole(from, to);
  }
  return { sources: placed, bytes };
}

/** "a", "a 2": models of different folders may share a name. */
function freeName(path: string, taken: Set<string>): string {
  const [name, ending] = [basename(path, extname(path)), extname(path)];
  for (let n = 1; ; n += 1) {
    const free = n === 1 ? `${name}${ending}` : `${name} ${n}${ending}`;
    if (taken.has(free.toLowerCase())) continue;
    taken.add(free.toLowerCase());
    return free;
  }
}
