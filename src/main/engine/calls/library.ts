/** Answers what is asked of the library. */
import type { DesktopContract } from '../../../common/contract/contract.ts';
import type { DesktopEvent } from '../../../common/contract/events.ts';
import { AppError } from '../../../common/errors.ts';
import { requireSearchFolder, requireWorkFolder } from '../folders.ts';
import { download, lookInto } from '../library/download.ts';
import type { Library } from '../library/library.ts';
import { repositoryOf } from '../library/repository.ts';
import type { Previews } from '../previews/previews.ts';
import type { NetworkPlaces } from '../project/places.ts';
import type { Handlers } from '../serve.ts';
import { done, either } from './calling.ts';

interface LibraryCallParts {
  readonly library: Library;
  readonly previews: Previews;
  readonly places: NetworkPlaces;
  /** Ends with the open project. */
  readonly errand: () => AbortSignal;
  readonly emit: (event: DesktopEvent) => void;
}

type LibraryCall = Extract<keyof DesktopContract, `library.${string}`>;

export interface LibraryCalls {
  readonly handlers: Pick<Handlers<DesktopContract>, LibraryCall>;
  /** Gives up a download. */
  stop(): void;
}

export function libraryCalls({ library, previews, places, errand, emit }: LibraryCallParts): LibraryCalls {
  /** One download at a time. */
  let running: AbortController | null = null;
  const handlers: LibraryCalls['handlers'] = {
    'library.list': async ({ kind, settled }) => {
      if (settled) await library.settled();
      return library.list(kind);
    },
    'library.recognise': async ({ path }) => ({
      as: (await places.allows(path)) ? await library.recognise(path) : null,
    }),
    'library.add': async ({ path }) => {
      await places.accept(path);
      await requireSearchFolder(path, 'adding to the library');
      return library.add(path);
    },
    'library.remove': ({ path }) => library.remove(path),
    'library.setDefault': ({ path }) => library.setDefault(path),
    'library.folders': () => library.folders(),
    'library.facts': ({ path }) => library.facts(path),
    'library.picture': async ({ path }) => {
      const picture = await library.pictureOf(path);
      return { file: picture && (await previews.picture(picture.path)) };
    },
    'library.offer': ({ endpoint, repository, revision, file }, signal) =>
      lookInto(repositoryOf(endpoint, repository, revision), file, either(errand(), signal)),
    'library.download': async ({ endpoint, repository, revision, file, folder }, signal) => {
      await requireWorkFolder(folder, 'downloading a model');
      if (running) {
        throw new AppError('usage', 'another download is running', {
          doing: 'downloading a model',
          hint: 'Wait for it or cancel it.',
        });
      }
      const abort = new AbortController();
      running = abort;
      try {
        const path = await download({
          repository: repositoryOf(endpoint, repository, revision),
          file,
          folder,
          signal: either(abort.signal, signal),
          onProgress: (progress) => emit({ kind: 'download', progress }),
        });
        return await library.add(path);
      } finally {
        running = null;
      }
    },
    'library.cancelDownload': async () => done(running?.abort()),
  };
  return { handlers, stop: () => running?.abort() };
}
