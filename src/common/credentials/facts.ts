/** What a file says of how it was made: with which model, of which clip, and, where that is asked for, by which words. */
import type { Fingerprint } from '../fingerprint.ts';

/** By the vocabulary of the IPTC: https://cv.iptc.org/newscodes/digitalsourcetype/ */
const DIGITAL_SOURCE = 'http://cv.iptc.org/newscodes/digitalsourcetype/';
/** A picture that was taken, changed by a model that was trained. */
const EDITED = `${DIGITAL_SOURCE}compositeWithTrainedAlgorithmicMedia`;
/** One that such a model made alone. */
const MADE = `${DIGITAL_SOURCE}trainedAlgorithmicMedia`;

/** Of one take that is seen in a file. */
export interface MadeTake {
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly made: string;
  /** Version of Retake that made it; null where its report is gone. */
  readonly retake: string | null;
  readonly model: {
    readonly name: string;
    /** sha256 of each of its files, by what it is; empty where the report is gone. */
    readonly digests: Readonly<Record<string, string>>;
  };
  /** sha256 of what was added to the network, by name. */
  readonly added: Readonly<Record<string, string>>;
  readonly method: string;
  /** Whether its pictures are edits of those of the clip, or made without them. */
  readonly ofClip: boolean;
  readonly clip: { readonly name: string; readonly fingerprint: Fingerprint | null };
  /** Null where they are not to be told. */
  readonly prompts: { readonly source: string; readonly target: string; readonly negative: string } | null;
}

export interface MadeFile {
  /** Without folders. */
  readonly name: string;
  /** Its kind, "video/quicktime". */
  readonly format: string;
  readonly fingerprint: Fingerprint | null;
  /** At least one. */
  readonly takes: readonly MadeTake[];
}

export function sourceTypeOf({ takes }: Pick<MadeFile, 'takes'>): string {
  return takes.every(({ ofClip }) => !ofClip) ? MADE : EDITED;
}

/** The clips that takes were made of, each once. */
export function clipsOf({ takes }: Pick<MadeFile, 'takes'>): MadeTake['clip'][] {
  return [...new Map(takes.map(({ clip }) => [clip.fingerprint?.digest ?? clip.name, clip])).values()];
}
