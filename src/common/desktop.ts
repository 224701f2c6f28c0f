/** What the desktop asks of the engine beyond the command line: projects, previews, the queue, bundles. */
import type { ClipInfo } from './media.ts';
import type { ClipRef, ProjectDocument, Shot } from './project/document.ts';
import type { TakeReport } from './report.ts';
import type { EditSettings } from './settings.ts';

export interface OpenedProject {
  readonly path: string;
  readonly document: ProjectDocument;
  /** Why the newest state could not be read and an older one was taken; null for a clean open. */
  readonly recovered: string | null;
  /** Clips whose file is not where the project remembers it, with where it was found instead, if anywhere. */
  readonly missing: readonly {
    readonly clipId: string;
    readonly path: string;
    readonly foundAt: string | null;
  }[];
}

/** Files below the previews folder, as paths relative to it; the page loads them as media://previews/<path>. */
export interface ClipPreview {
  /** H.264, every frame a key frame, the clip's conformed rate and sound: frame n shows at (n + 0.5) / rate seconds. */
  readonly proxy: string;
  readonly width: number;
  readonly height: number;
  /** One JPEG sheet of frames in rows; thumbnail k shows frame k·every. */
  readonly thumbnails: {
    readonly sheet: string;
    readonly columns: number;
    readonly count: number;
    readonly every: number;
    readonly width: number;
    readonly height: number;
  };
  /** Peaks of the sound, lowest and highest of each bucket, -127..127 interleaved; null for a silent clip. */
  readonly waveform: { readonly file: string; readonly bucketsPerSecond: number } | null;
}

/** What a render would do, told before the artist presses the button. */
export interface RenderPlan {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly cachedFrames: number;
  readonly framesToInvert: number;
  readonly inversionCalls: number;
  readonly samplingCalls: number;
  /** From the speed of earlier renders at this size with this model; null before the first. */
  readonly estimatedSeconds: number | null;
}

export type QueueState = 'waiting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

export interface QueueEntry {
  readonly id: string;
  readonly shotId: string;
  readonly label: string;
  readonly state: QueueState;
  readonly settings: EditSettings;
  readonly fraction: number;
  readonly etaSeconds: number | null;
  readonly phase: string | null;
  readonly error: string | null;
  readonly hint: string | null;
  /** A render of one frame to look at, which makes no take. */
  readonly preview: boolean;
}

export interface BundleEntry {
  readonly dir: string;
  readonly name: string;
  readonly kind: string;
  readonly builtIn: boolean;
  readonly isDefault: boolean;
  readonly bytes: number;
  readonly nativeSize: number;
  /** One clear line each; a bundle with problems cannot be the default. */
  readonly problems: readonly string[];
}

export interface DownloadProgress {
  readonly repository: string;
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error: string | null;
}

export type DesktopEvent =
  | { readonly kind: 'queue'; readonly entries: readonly QueueEntry[]; readonly paused: boolean }
  | { readonly kind: 'take'; readonly entry: QueueEntry; readonly report: TakeReport }
  | {
      readonly kind: 'preview-frame';
      readonly jobId: string;
      readonly shotId: string;
      readonly frame: number;
      readonly step: number;
      /** RGBA, width·height·4. */
      readonly pixels: Uint8Array;
      readonly width: number;
      readonly height: number;
    }
  | {
      readonly kind: 'import-progress';
      readonly path: string;
      readonly what: string;
      readonly fraction: number;
    }
  | { readonly kind: 'download'; readonly progress: DownloadProgress };

export type DesktopCalls = {
  'project.create': { input: { path: string; name: string }; output: OpenedProject };
  'project.open': { input: { path: string }; output: OpenedProject };
  /** Autosave: the whole document in one transaction. */
  'project.save': { input: { document: ProjectDocument }; output: null };
  'project.saveAs': { input: { path: string }; output: OpenedProject };
  /** Copies project, clips and takes into a folder that can be moved as a whole. */
  'project.collect': { input: { folder: string }; output: { path: string; bytes: number } };
  /** Also stops what renders, without a loss: the queue goes on when it is next asked for. */
  'project.close': { input: null; output: null };
  /** Looks for a moved clip below a folder by fingerprint. */
  'project.relink': { input: { clip: ClipRef; folder: string }; output: { path: string | null } };

  'clip.import': { input: { path: string }; output: { ref: ClipRef; info: ClipInfo } };
  /** First frames of the shots after the first; sensitivity 0 (few cuts) to 1 (many). */
  'clip.cuts': { input: { path: string; sensitivity: number }; output: { cuts: readonly number[] } };
  /** Made once per file and kept; progress comes as events. */
  'clip.preview': { input: { path: string }; output: ClipPreview };

  /** Settings of a shot as a request to render; throws usage for what is not ready, an empty prompt for instance. */
  'render.plan': {
    input: {
      shot: Shot;
      clip: ClipRef;
      /** null is the default one. */
      bundle: string | null;
      /** auto by default. */
      provider?: EditSettings['provider'];
    };
    output: RenderPlan;
  };
  'queue.add': {
    input: {
      shot: Shot;
      clip: ClipRef;
      bundle: string | null;
      provider: EditSettings['provider'];
      takesFolder: string;
      preview: boolean;
    };
    output: { id: string };
  };
  'queue.list': { input: null; output: { entries: readonly QueueEntry[]; paused: boolean } };
  'queue.pause': { input: { paused: boolean }; output: null };
  'queue.move': { input: { id: string; before: string | null }; output: null };
  'queue.cancel': { input: { id: string }; output: null };
  'queue.retry': { input: { id: string }; output: null };
  'queue.clear': { input: null; output: null };
  /** Which frame of a running job the artist looks at; its progressive preview is sent. */
  'queue.watch': { input: { id: string; frame: number } | null; output: null };

  'take.delete': { input: { path: string }; output: { undo: string } };
  'take.restore': { input: { undo: string }; output: { path: string } };

  'bundles.list': { input: null; output: readonly BundleEntry[] };
  'bundles.add': { input: { dir: string }; output: readonly BundleEntry[] };
  'bundles.remove': { input: { dir: string }; output: readonly BundleEntry[] };
  'bundles.setDefault': { input: { dir: string }; output: readonly BundleEntry[] };
  /** The bundle becomes a folder inside `folder`, named like the repository. */
  'bundles.download': {
    input: { endpoint: string; repository: string; revision: string; folder: string };
    output: readonly BundleEntry[];
  };
  'bundles.cancelDownload': { input: null; output: null };
};
