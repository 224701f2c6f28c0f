/** One setting: what it may be, and all that is said of it. Flags, forms, presets and keys are made from this. */
import type { z } from 'zod';
import type { Fingerprint } from '../fingerprint.ts';
import type { Fold } from './folds.ts';

/**
 * Whose a setting is; each scope holds those after it.
 * - request: of one render; a shot has it from its place, its project, or from nowhere
 * - shot: each shot has its own
 * - preset: kept in a preset too
 * - look: also copied to other shots, and a model may choose it
 */
export const SCOPES = ['request', 'shot', 'preset', 'look'] as const;
export type Scope = (typeof SCOPES)[number];

/** Scopes that belong to a scope. */
export type Within<S extends Scope> = {
  request: Scope;
  shot: Exclude<Scope, 'request'>;
  preset: 'preset' | 'look';
  look: 'look';
}[S];

/**
 * What a setting changes. The values of `inversion` and `sampling` are parts of the keys of what is derived (see
 * `valuesThatAffect`). Those of the first three are in no key: keys hold digests of the pictures, the networks and the
 * depth that they lead to.
 */
export type Affected = 'frames' | 'network' | 'structure' | 'inversion' | 'sampling' | 'take' | 'report';

/** How a form asks for it and how the command line reads it. Limits, choices and defaults are the schema's. */
type Widget =
  /** `end` of the slider where the field allows more. */
  | { readonly kind: 'slider'; readonly step: number; readonly end?: number }
  /** From and to, as shares of the steps. */
  | { readonly kind: 'share' }
  | { readonly kind: 'seed' }
  /** Pixels; null is as the network was trained. */
  | { readonly kind: 'size'; readonly step: number }
  | { readonly kind: 'frame' }
  /** Any number of single frames. */
  | { readonly kind: 'frame-list' }
  /** Frames from and to; two flags. */
  | { readonly kind: 'frames' }
  | { readonly kind: 'prompt'; readonly rows: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'switch' }
  /** Named where the names that the schema knows are none for people. Without choices in the schema any name is taken. */
  | { readonly kind: 'choice'; readonly options?: readonly Choice[] }
  | { readonly kind: 'file' }
  /** Any number of files; `what` one of them is, "an embedding", as what the library knows it, and whether it is footage. */
  | { readonly kind: 'file-list'; readonly what: string; readonly library?: string; readonly pictures?: true }
  | { readonly kind: 'folder' }
  /** Folder of a network, or null: `role` is as what the library knows it. */
  | { readonly kind: 'estimator'; readonly role: 'flow' | 'interpolator' | 'image-text' }
  /** A folder, or a file that holds a model as a whole. */
  | { readonly kind: 'model' }
  /** Ids that the engine lists (`methods.list`), and what one of them takes. */
  | { readonly kind: 'method' }
  | { readonly kind: 'solver' }
  /** Pictures that stand for frames. */
  | { readonly kind: 'pictures' }
  /** Files with a strength each, by sliders from low to high. */
  | { readonly kind: 'loras'; readonly low: number; readonly high: number; readonly step: number }
  /** ControlNets and what they follow. */
  | { readonly kind: 'controls' }
  /** Drawn in the picture. */
  | { readonly kind: 'mask' }
  | { readonly kind: 'parameters' };

/** What a file or folder that a setting names is: pictures, a model's folder or file, or what is written. */
export type FileUse = 'footage' | 'network' | 'written';

/** Told of a file, it answers the path to put in its place. The fingerprint is there where the artist has chosen the file. */
export type VisitFile = (path: string, use: FileUse, fingerprint?: Fingerprint) => string;

/** Where the value is one path, or null for none. */
export function oneFile(use: FileUse) {
  return (path: string | null, visit: VisitFile) => (path === null ? null : visit(path, use));
}

interface Choice {
  readonly id: string;
  readonly name: string;
  readonly note?: string;
}

/** An option of `retake edit`. */
export interface Flag {
  /** Without its dashes. */
  readonly name: string;
  readonly short?: string;
  /** Stands for the value in the help; absent where being given says all. */
  readonly metavar?: string;
  /** May be given several times. */
  readonly repeats?: true;
  /** Where the terminal needs other words than the form. */
  readonly help?: string;
  /** Names it had before. */
  readonly aliases?: readonly string[];
  /** Words that set another setting, unless that has its own option beside; what that must not say then. */
  readonly means?: Readonly<
    Record<string, { readonly path: string; readonly value: unknown; readonly against?: unknown }>
  >;
}

/** What some methods do and others do not. */
type Trait = 'steers' | 'leadsBack';

export interface Facts<S extends Scope = Scope> {
  /** An artist's word. */
  readonly label: string;
  /** What papers and other programs call it, where that is another word: the tooltip and the terminal say it too. */
  readonly term?: string;
  /** One short sentence without its end, for form and terminal. */
  readonly help: string;
  readonly widget: Widget;
  readonly scope: S;
  /** None for what the command line has as an argument. */
  readonly flags: readonly Flag[];
  readonly affects: readonly Affected[];
  /**
   * The value with which all is as if the setting did not exist. It is left out of keys, so that what was derived before
   * the setting came is found again. It never changes, whatever becomes the default.
   */
  readonly neutral?: unknown;
  /** Stands after the value where it is told in few words: "50 steps"; without it the label stands before. */
  readonly unit?: string;
  /** For those who know what it is: a short line about a take tells it only where it differs. */
  readonly finer?: true;
  /** Where the form has it, if not where its group is. */
  readonly fold?: Fold;
  /** Acts with methods that do this alone: with others the form has it only where it is set. */
  readonly only?: Trait;
  /** Means something in its own clip only: it is copied to other shots where that is asked for by its name, not with the rest. */
  readonly ofClip?: true;
  /** Where the value names files: the value with each of their paths replaced by what `visit` answers. See files.ts. */
  files?(value: unknown, visit: VisitFile): unknown;
  /** What a shot may hold while it is not ready to be rendered, where that is more than a request may. */
  readonly draft?: z.ZodType;
}

export interface Field<Schema extends z.ZodType = z.ZodType, S extends Scope = Scope> extends Facts<S> {
  readonly schema: Schema;
}

/** Whether a flag says the same word as the form: "lora" of LoRAs, "memory" of Model in memory. */
export function isSameWord(label: string, flag: string): boolean {
  const word = label.toLowerCase().replaceAll(' ', '-');
  return word.includes(flag) || flag.includes(word);
}

/** " (negative-prompt)", where the terminal has another word than the window; else nothing. */
export function inTerminal({
  label,
  flags: [flag],
}: Pick<Facts, 'label'> & { readonly flags: readonly Flag[] }): string {
  return flag && !isSameWord(label, flag.name) ? ` (${flag.name})` : '';
}

/** A default makes it optional in requests. */
export function field<const Schema extends z.ZodType, const S extends Scope>(
  schema: Schema,
  facts: Facts<S>,
): Field<Schema, S> {
  return { schema, ...facts };
}
