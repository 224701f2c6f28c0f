/** What a render brings along, for tests of its steps. */
import type { Progress } from '../../src/common/contract/jobs.ts';
import type { ArtefactStore } from '../../src/main/engine/artefacts/store.ts';
import { type Probe, rememberingProbe } from '../../src/main/engine/media/remembering-probe.ts';
import { createProgressMeter } from '../../src/main/engine/progress.ts';
import { CheckpointFile } from '../../src/main/engine/render/checkpoint-file.ts';
import type { RenderContext } from '../../src/main/engine/render/context.ts';

export interface ContextOptions {
  readonly dir: string;
  readonly store?: ArtefactStore | null;
  readonly signal?: AbortSignal;
  readonly job?: string;
  readonly probe?: Probe;
  readonly onProgress?: (progress: Progress) => void;
}

/** As an engine has it: files that stay as they are are read once. */
const shared = rememberingProbe();

export function contextWith(options: ContextOptions): RenderContext & { readonly warnings: string[] } {
  const { dir, store = null, signal = new AbortController().signal, job = 'test', probe = shared } = options;
  const warnings: string[] = [];
  return {
    job,
    probe,
    cache: store,
    checkpoint: new CheckpointFile(dir, job),
    signal,
    progress: createProgressMeter(options.onProgress ?? (() => {})),
    warn: (message) => warnings.push(message),
    warnings,
  };
}
