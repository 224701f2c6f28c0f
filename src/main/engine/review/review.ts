/** What can be asked about a finished take: how good it is, a contact sheet, a movie beside its clip. */
import pLimit from 'p-limit';
import type {
  CompareRequest,
  ContactRequest,
  ScoreRequest,
  SheetRequest,
  WrittenFile,
} from '../../../common/contract/takes.ts';
import { AppError } from '../../../common/errors.ts';
import type { ClipInfo } from '../../../common/media.ts';
import type { TakeScores } from '../../../common/take-scores.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { openImageText } from '../metrics/image-text.ts';
import { openVideoFeatures } from '../metrics/video-features.ts';
import { writeComparison } from './compare.ts';
import { writeContactSheet } from './contact.ts';
import { keepScores, keptScores, keyOfScores, type ScoresOf } from './kept.ts';
import { referenceClips } from './references.ts';
import { scoreTake } from './score.ts';
import { writeSheet } from './sheet.ts';
import { clipOf, openTake, type Take } from './take.ts';

export interface ReviewParts {
  /** Null where the disk has no room for one: nothing is kept then. */
  readonly store: ArtefactStore | null;
  /** Whether a path may be looked at that only a report names. */
  readonly allows: (path: string) => Promise<boolean>;
}

export interface Following {
  readonly signal?: AbortSignal | undefined;
  /** 0..1. */
  readonly onFraction?: (fraction: number) => void;
}

export class Review {
  readonly #parts: ReviewParts;
  /** Two at once would only share the cores. */
  readonly #inTurn = pLimit(1);

  constructor(parts: ReviewParts) {
    this.#parts = parts;
  }

  /** Kept ones, or measured and kept. @throws AppError where it is no take, or a model is none; Cancelled */
  score(request: ScoreRequest, following: Following): Promise<TakeScores> {
    return this.#inTurn(async () => {
      const notes: string[] = [];
      const of = await this.#scoresOf(request, notes, following.signal);
      const key = await keyOfScores(of);
      const kept = keptScores(this.#parts.store, key);
      if (kept) return { ...kept, take: of.take.path };
      const scores = await this.#measure(of, notes, following);
      keepScores(this.#parts.store, key, of, scores);
      return scores;
    });
  }

  /** Null where they were not measured yet. @throws as `score` */
  async kept(request: ScoreRequest, signal?: AbortSignal): Promise<TakeScores | null> {
    const of = await this.#scoresOf(request, [], signal);
    const kept = keptScores(this.#parts.store, await keyOfScores(of));
    return kept && { ...kept, take: of.take.path };
  }

  /** @throws as `writeSheet` */
  sheet(request: SheetRequest, following: Following): Promise<WrittenFile> {
    return this.#inTurn(async () => {
      const { take, clip } = await this.#both(request, 'making a contact sheet', following.signal);
      return writeSheet(take, clip, { ...request, ...following });
    });
  }

  /** @throws as `writeContactSheet` */
  contact(request: ContactRequest, following: Following): Promise<WrittenFile> {
    return this.#inTurn(() => writeContactSheet(request, following));
  }

  /** @throws as `writeComparison` */
  compare(request: CompareRequest, following: Following): Promise<WrittenFile> {
    return this.#inTurn(async () => {
      const { take, clip } = await this.#both(request, 'making an A/B movie', following.signal);
      return writeComparison(take, clip, { ...request, ...following });
    });
  }

  async #both(
    request: { readonly take: string; readonly clip: string | null },
    doing: string,
    signal: AbortSignal | undefined,
  ): Promise<{ take: Take; clip: ClipInfo }> {
    const take = await openTake(request.take, signal);
    const clip = await clipOf(take, { named: request.clip, allows: this.#parts.allows, signal });
    if (typeof clip !== 'string') return { take, clip };
    throw new AppError('clip-unreadable', clip, { doing, hint: 'Say where the clip is now: --clip FILE.' });
  }

  async #scoresOf(request: ScoreRequest, notes: string[], signal?: AbortSignal): Promise<ScoresOf> {
    const { imageText, features, references } = request;
    if (references.length > 0 && features === null) {
      throw new AppError(
        'usage',
        'reference clips are compared by features, and no network is named for them',
        {
          doing: 'measuring a take',
          hint: 'Name one: --features DIR.',
        },
      );
    }
    const take = await openTake(request.take, signal);
    const clip = await clipOf(take, { named: request.clip, allows: this.#parts.allows, signal });
    return { take, clip, imageText, features, references: await referenceClips(references, notes, signal) };
  }

  async #measure(of: ScoresOf, notes: readonly string[], following: Following): Promise<TakeScores> {
    const { signal } = following;
    // Opened before the first frame is read, so that a folder that holds no model is refused at once.
    const imageText = of.imageText === null ? null : await openImageText(of.imageText, signal);
    try {
      const features = of.features === null ? null : await openVideoFeatures(of.features, signal);
      try {
        const scores = await scoreTake({
          ...of,
          ...following,
          store: this.#parts.store,
          imageText,
          features,
        });
        return { ...scores, notes: [...notes, ...scores.notes] };
      } finally {
        await features?.close();
      }
    } finally {
      await imageText?.close();
    }
  }
}
