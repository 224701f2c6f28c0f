/** What a plan needs of a bundle, remembered while its files stay as they are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layout, readLayout } from './layout.ts';
import type { Parts } from './parts.ts';
import { type ReadBundle, readBundle } from './read.ts';
import { TOKENIZER_FILES } from './tokenizer.ts';
import type { BundleFacts, DigestStore } from './types.ts';

interface PlanFacts extends BundleFacts {
  /** Digest of the depth estimator, null where there is none. */
  readonly depth: string | null;
}

export type ReadFacts = (dir: string) => Promise<PlanFacts>;

/** @throws AppError bundle-invalid, weights-missing */
export function rememberingFacts(digestStore: DigestStore | undefined): ReadFacts {
  const known = new Map<string, { weights: readonly string[]; stamp: string; facts: PlanFacts }>();
  return async (dir) => {
    const layout = await readLayout(dir, (error) => {
      throw error;
    });
    const found = known.get(layout.dir);
    if (found && found.stamp === (await stampOf(layout, found.weights))) return found.facts;
    const read = await readBundle(dir, digestStore ? { digestStore } : {});
    const weights = weightsOf(read.parts);
    const facts = { ...factsOf(read), depth: read.digests.depthEstimator ?? null };
    known.set(layout.dir, { weights, stamp: await stampOf(layout, weights), facts });
    return facts;
  };
}

export function factsOf({ layout, scheduler, geometry, digests }: ReadBundle): BundleFacts {
  const { space: _, ...measures } = geometry;
  return { ...measures, dir: layout.dir, name: layout.name, scheduler, digests };
}

function weightsOf({ unet, vaeEncoder, vaeDecoder, text, depth }: Parts): string[] {
  return [unet, vaeEncoder, vaeDecoder, ...text, ...(depth ? [depth] : [])].flatMap(
    ({ graph }) => graph.files,
  );
}

/** Sizes and times of every file that the facts come from. */
async function stampOf(layout: Layout, weights: readonly string[]): Promise<string> {
  const files = [
    layout.indexFile ?? layout.dir,
    layout.schedulerFile,
    ...(layout.preprocessor ? [layout.preprocessor.file] : []),
    ...Object.values(layout.parts).flatMap(({ file, configFile }) => [file, configFile ?? file]),
    ...layout.tokenizers.flatMap((folder) => TOKENIZER_FILES.map((name) => join(folder, name))),
    ...weights,
  ];
  const abouts = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return abouts.map((about) => (about ? `${about.size} ${about.mtimeMs}` : '-')).join('\n');
}
