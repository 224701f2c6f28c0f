/** What else can lie in a delivered folder, and what it is made of. */
import type { DeliveryRequest } from '../../../common/contract/delivery.ts';
import type { Cut } from '../../../common/interchange/cut.ts';
import type { MediaFacts } from '../../../common/interchange/from-project.ts';
import type { StandsFor } from './planned.ts';

/** A file of a finished delivery. */
export interface DeliveredFile {
  /** Place inside the folder. */
  readonly name: string;
  /** As timelines say it; its path is final. */
  readonly facts: MediaFacts;
  readonly frames: number;
  readonly bytes: number;
  readonly standsFor: StandsFor;
  /** Takes of the document that are seen in it. */
  readonly takes: readonly string[];
}

export interface DeliveredWork {
  readonly request: DeliveryRequest;
  /** The project's name as part of a file's. */
  readonly stem: string;
  /** Null where no timeline was asked for. */
  readonly cut: Cut | null;
  readonly files: readonly DeliveredFile[];
  /** Where all of it lies until it has its final name. */
  readonly out: string;
}

export interface ExtraFile {
  /** Place inside the folder. */
  readonly name: string;
  readonly text: string;
  /** What the README says of it, in lines; none where it need not. */
  readonly about: readonly string[];
}

export type Extra = (work: DeliveredWork) => Promise<readonly ExtraFile[]>;
