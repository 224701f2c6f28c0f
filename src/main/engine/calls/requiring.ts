/** What a call may name: the page and the projects that it opens are not trusted with every path. */
import { AppError } from '../../../common/errors.ts';
import { filesIn } from '../../../common/settings/files.ts';
import { requireThere } from '../library/there.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { ProjectSession } from '../project/session.ts';

export function requiring(places: NetworkPlaces, project: ProjectSession) {
  return {
    /** A clip or a take, and nothing that a project from somewhere else only calls one. */
    async requireShown(path: string, doing: string): Promise<void> {
      await places.require(path, doing);
      if (await project.mayShow(path)) return;
      throw new AppError('clip-unreadable', 'it is not there, or lies elsewhere and is no take of Retake', {
        doing,
        hint: 'Import it as a clip if you know what it is.',
      });
    },
    /** Nothing on a server that is new here: a shot's clip and model, and all that its settings name; weights must be there. */
    async requireKnown(paths: readonly (string | null)[], settings: object, doing: string): Promise<void> {
      const named = filesIn(settings);
      for (const path of [...paths, ...named.map(({ path }) => path)]) {
        if (path !== null) await places.require(path, doing);
      }
      // Before the first frame: a LoRA that was moved is not left out.
      for (const { path, use } of named) if (use === 'network') await requireThere('the file', path, doing);
    },
  };
}
