/** Files that go out as they are. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import type { ClipInfo } from '../../../common/media.ts';
import { filesOfClip } from '../media/sequence.ts';
import { nameOf, partsOf, shotWithId, takeWithId } from './chosen.ts';
import { freeName } from './names.ts';
import type { PlannedFile } from './planned.ts';
import { factsOf, infosOf, type Sources } from './sources.ts';
import { deliveredCut } from './timelines.ts';

/** Each file once; takes by the pattern of names, clips under their own. */
export async function copiesOf(
  request: DeliveryRequest,
  sources: Sources,
  signal: AbortSignal | undefined,
): Promise<PlannedFile[]> {
  const { document, names, timelines } = request;
  const takes = new Map(Object.values(document.takes).map((take) => [sources.get(take.path)?.path, take]));
  const taken = new Set<string>();
  const files: PlannedFile[] = [];
  for (const info of wanted(request, sources)) {
    const take = takes.get(info.path) ?? null;
    const called = take && {
      ...{ take, shot: shotWithId(request, take.shotId) },
      ...{ n: files.length + 1, timecode: info.timecode },
    };
    const stem = names !== null && called ? await nameOf(request, names, called, signal) : null;
    const copy = await copyOf(info, request.folder, (own) =>
      join(timelines ? 'media' : '', freeName(stem === null ? own : `${stem}${extname(own)}`, taken)),
    );
    files.push({ ...copy, standsFor: { kind: 'file', path: info.path }, takes: take ? [take.id] : [] });
  }
  return files;
}

/** @param nameFor its place in the folder, by the name that it has: of a sequence its folder's, without an ending */
export async function copyOf(
  info: ClipInfo,
  folder: string,
  nameFor: (own: string) => string,
): Promise<Omit<PlannedFile, 'standsFor' | 'takes'>> {
  const found = filesOfClip(info.path);
  const single = found.length === 1 && found[0] === info.path;
  const name = nameFor(single ? basename(info.path) : basename(dirname(info.path)).replaceAll('.', '_'));
  const copies = found.map((from) => ({ from, to: single ? name : join(name, basename(from)) }));
  let bytes = 0;
  for (const { from } of copies) bytes += (await stat(from)).size;
  const path = join(folder, single ? name : join(name, basename(info.path)));
  return {
    ...{ name, frames: info.frames, forecast: { usual: bytes, least: bytes }, oneFile: single },
    work: { as: 'copy', copies, facts: { ...factsOf(info), path } },
  };
}

function wanted(request: DeliveryRequest, sources: Sources): ClipInfo[] {
  const { document, what } = request;
  if (what.kind === 'timeline') {
    const seen = new Set(Object.values(deliveredCut(request, sources, []).media).map(({ path }) => path));
    const infos = infosOf(sources);
    return [...infos.values()].filter(({ path }) => seen.has(path));
  }
  const paths =
    what.kind === 'takes'
      ? what.takes.map((id) => takeWithId(request, id).path)
      : what.shots.map((id) => {
          const { take, clip } = partsOf({ document }, shotWithId(request, id));
          return (take ?? clip).path;
        });
  return [...new Set(paths)].map((path) => sources.get(path)!);
}
