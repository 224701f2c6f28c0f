/** Shots as jobs that may wait: all that can be refused of one is refused now, and names the shot. */
import { AppError } from '../../../common/errors.ts';
import type { Shot } from '../../../common/project/document.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { Probe } from '../media/remembering-probe.ts';
import type { ProjectRef } from '../project/file.ts';
import { resolveRange, resolveRequest } from '../recipe/request.ts';
import { checkClip, checkTake } from './rehearsal.ts';
import { requestOf, type ShotRequest } from './request.ts';
import { folderFor } from './run.ts';
import type { JobStore } from './store.ts';
import { TakeNames } from './take-name.ts';

export interface AddRequest {
  readonly project: ProjectRef;
  readonly shots: readonly Pick<ShotRequest, 'shot' | 'clip' | 'part' | 'look'>[];
  /** Path of the model. */
  readonly bundle: string;
  readonly provider: EditSettings['model']['provider'];
  readonly takesFolder: string;
  /** One frame of each to look at, instead of takes. */
  readonly preview: boolean;
}

type Wanted = Parameters<JobStore['enqueue']>[1][number];

/**
 * @param promised names of takes that other jobs will have
 * @throws AppError usage, clip-changed, clip-unreadable, output-unwritable, disk-full, encoder-missing
 */
export async function checkedJobs(
  { project, shots, bundle, provider, takesFolder, preview }: AddRequest,
  promised: readonly string[],
  probe: Probe,
): Promise<Wanted[]> {
  const names = await TakeNames.of(takesFolder, promised);
  /** Clips that are what they were; many shots have one. */
  const known = new Set<string>();
  const asked: (AddRequest['shots'][number] & { readonly settings: EditSettings })[] = [];
  for (const { shot, clip, part, look } of shots) {
    const settings = await named(shot, async () => {
      const out = names.next(shot.name, shot.settings.output.format);
      const request = requestOf({
        shot,
        clip,
        bundle,
        provider,
        out,
        part,
        look: preview ? look : undefined,
      });
      await resolveRequest(request);
      const film = `${clip.fingerprint.digest} ${clip.path}`;
      if (!known.has(film)) await checkClip(clip);
      known.add(film);
      resolveRange(request, await probe(clip.path));
      return request;
    });
    asked.push({ shot, clip, part, settings });
  }
  // Nothing is written before all of them were looked at. Takes of one clip in one folder and format are alike: one is
  // rehearsed for all.
  const alike = new Map(
    asked.map((one) => {
      const { format, alpha } = one.settings.output;
      return [`${format} ${alpha} ${one.clip.path}`, one];
    }),
  );
  for (const { shot, settings } of preview ? [] : alike.values()) {
    await named(shot, async () => {
      await folderFor(settings.output.path);
      await checkTake(settings, probe);
    });
  }
  return asked.map(({ shot, part, settings }) => {
    const whole = part ? `${shot.name}, frames ${part.start}–${part.end - 1}` : shot.name;
    const label = preview ? `${shot.name}, frame ${settings.guide.anchor}` : whole;
    return { settings, desk: { shotId: shot.id, label, project } };
  });
}

/** A refusal of one of several shots says which. */
export async function named<T>(shot: Pick<Shot, 'name'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    throw new AppError(code, message, { doing: shot.name, hint, cause: error });
  }
}
