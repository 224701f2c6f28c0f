/** What the artist has to render with: models, LoRAs, ControlNets, embeddings; where they are looked for, and those that are fetched. */
import { z } from 'zod';
import type { ModelTrial } from '../model-trial.ts';
import type { EstimatorRole } from '../plugins/manifest.ts';
import type { ModelSettings } from '../settings/model-settings.ts';
import { call } from './call.ts';
import { absolutePath, nothing } from './values.ts';

export const LIBRARY_KINDS = [
  'model',
  'lora',
  'controlnet',
  'embedding',
  'vae',
  'estimator',
  'other',
] as const;
export type LibraryKind = (typeof LIBRARY_KINDS)[number];

/** writing: another program is still at it. damaged: `problems` says in one line why it cannot be used. */
type LibraryState = 'ready' | 'writing' | 'missing' | 'damaged';

export interface LibraryEntry {
  /** Of the file or the folder. */
  readonly path: string;
  readonly kind: LibraryKind;
  readonly name: string;
  /** In a few words: "Stable Diffusion XL", "an upscaler"; empty where nothing tells. */
  readonly what: string;
  /** What an estimator is for; null for everything else. */
  readonly role: EstimatorRole | null;
  readonly builtIn: boolean;
  /** The plugin that brings it; null for all else. */
  readonly plugin: { readonly id: string; readonly name: string } | null;
  readonly isDefault: boolean;
  /** The watched folder that shows it; null for what was added by itself. */
  readonly watched: string | null;
  readonly bytes: number | null;
  /** Side in pixels of the pictures that it was trained on. */
  readonly nativeSize: number | null;
  /** Words that call up what it was trained on, most frequent first: the file's own claim. */
  readonly words: readonly string[];
  /** A picture lies beside it (`library.picture`); changes when the picture does. Null where there is none. */
  readonly picture: string | null;
  /** What suits a model, by its own file: what a new shot starts with. */
  readonly settings: ModelSettings;
  /** What came of trying a model on this machine; null where it was not tried, or is another file by now. */
  readonly trial: ModelTrial | null;
  readonly state: LibraryState;
  /** One clear line each; a model with problems cannot be the default. */
  readonly problems: readonly string[];
}

/** A folder that is looked at again and again. */
export interface WatchedFolder {
  readonly path: string;
  /** Whose folders it is laid out like, if anybody's. */
  readonly layout: 'ComfyUI' | 'A1111' | null;
  readonly state: 'reading' | 'watched' | 'missing';
  readonly found: number;
  /** What of it is not shown and why, one line each. */
  readonly notes: readonly string[];
}

/** Everything that is told of one entry. */
export interface LibraryFacts {
  /** Name and value, in the order in which they are shown. What a file says of itself is marked as its word. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly words: readonly string[];
}

export interface DownloadProgress {
  readonly repository: string;
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error: string | null;
}

/** What a repository has for Retake, before anything of it is fetched. */
export interface Offer {
  /** Null where only the file itself tells. */
  readonly kind: LibraryKind | null;
  readonly as: 'file' | 'folder';
  readonly bytes: number;
  readonly files: readonly string[];
  /** As the repository says it; null where it says nothing. */
  readonly licence: string | null;
}

const one = z.strictObject({ path: absolutePath });
const source = z.strictObject({
  endpoint: z.string().max(2000),
  repository: z.string().max(200),
  revision: z.string().max(200),
  /** One file of the repository; null is what it holds as a whole. */
  file: z.string().max(300).nullable().default(null),
});

export const libraryCalls = {
  'bundle.inspect': call(z.strictObject({ dir: absolutePath }), 'inspecting a model').answers<{
    text: string;
    report: { readonly defects: readonly string[] };
  }>(),
  /** What is known now; an event tells when there is more. `settled` waits until every watched folder was read once. */
  'library.list': call(
    z.strictObject({ kind: z.enum(LIBRARY_KINDS).nullable(), settled: z.boolean().default(false) }),
    'listing the library',
  ).answers<readonly LibraryEntry[]>(),
  /** What `library.add` would make of a path; null where it is nothing of the library's. */
  'library.recognise': call(one, 'looking at what was dropped').answers<{
    as: 'entry' | 'folder' | null;
  }>(),
  /** A file or a model's folder becomes an entry, a folder with models in it is watched. */
  'library.add': call(one, 'adding to the library').answers<readonly LibraryEntry[]>(),
  /** Takes an entry or a watched folder off the list; the files stay. */
  'library.remove': call(one, 'taking off the list').answers<readonly LibraryEntry[]>(),
  'library.setDefault': call(one, 'choosing the default model').answers<readonly LibraryEntry[]>(),
  'library.folders': call(nothing, 'listing the watched folders').answers<readonly WatchedFolder[]>(),
  'library.facts': call(one, 'inspecting a file').answers<LibraryFacts>(),
  /** The picture beside an entry, made small: a path below the previews; null where it has none that can be read. */
  'library.picture': call(one, 'showing a picture').answers<{ file: string | null }>(),
  /** What would be fetched. */
  'library.offer': call(source, 'looking into a repository').answers<Offer>(),
  /** A model becomes a folder or a file inside `folder`; other kinds go where that folder keeps them. */
  'library.download': call(source.extend({ folder: absolutePath }), 'downloading a model').answers<
    readonly LibraryEntry[]
  >(),
  'library.cancelDownload': call(nothing, 'cancelling the download').answers<null>(),
};
