/** What a delivery will write: each file with what it is made of, and what it stands for. */
import type { TakeFormat } from '../../../common/formats/registry.ts';
import type { MediaFacts } from '../../../common/interchange/from-project.ts';
import type { Forecast } from '../media/room.ts';
import type { Enlargers } from './enlarge.ts';
import type { Movie } from './movie.ts';

/** What of the project a file takes the place of in timelines. */
export type StandsFor =
  | { readonly kind: 'file'; readonly path: string }
  /** Its first frame is this one of the clip. */
  | { readonly kind: 'shot'; readonly id: string; readonly start: number }
  /** Its first frame is this one of the timeline. */
  | { readonly kind: 'timeline'; readonly from: number };

type Work =
  | {
      readonly as: 'copy';
      /** `to` is a place inside the folder. */
      readonly copies: readonly { readonly from: string; readonly to: string }[];
      readonly facts: MediaFacts;
    }
  | { readonly as: 'make'; readonly movie: Movie; readonly format: TakeFormat };

export interface PlannedFile {
  /** Place inside the folder; of a sequence its folder. */
  readonly name: string;
  readonly frames: number;
  readonly forecast: Forecast;
  readonly oneFile: boolean;
  readonly work: Work;
  readonly standsFor: StandsFor;
  /** Takes of the document that are seen in it. */
  readonly takes: readonly string[];
}

/** What planning asks others for. */
export interface Planning {
  readonly enlargers: Enlargers | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface Plan {
  readonly files: readonly PlannedFile[];
  /** What an editor should know before, a line each. */
  readonly notes: readonly string[];
}
