/** What a plan needs of a bundle, without loading a network: remembered while its files stay as they are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Layout, readLayout } from './layout.ts';
import { bundleDigests } from './part-digests.ts';
import { geometryOf, loadParts } from './parts.ts';
import { readScheduler } from './scheduler.ts';
import { TOKENIZER_FILES } from './tokenizer.ts';
import type { Bundle, BundleDigests, DigestStore } from './types.ts';

type BundleFacts = Pick<
  Bundle,
  'name' | 'nativeSize' | 'frozen' | 'grid' | 'factor' | 'latentChannels' | 'structureChannels' | 'scheduler'
> & {
  readonly digests: BundleDigests;
  /** Digest of the depth estimator, null where there is none. */
  readonly depth: string | null;
};

export type ReadFacts = (dir: string) => Promise<BundleFacts>;

/** @throws AppError bundle-invalid, weights-missing */
export function rememberingFacts(digestStore: DigestStore | undefined): ReadFacts {
  const known = new Map<string, { readonly signature: string; readonly facts: BundleFacts }>();
  return async (dir) => {
    const layout = await readLayout(dir, (error) => {
      throw error;
    });
    const signature = await signatureOf(layout);
    const found = known.get(layout.dir);
    if (found?.signature === signature) return found.facts;
    const parts = loadParts(layout);
    const geometry = geometryOf(layout, parts);
    const digests = await bundleDigests(layout, parts, digestStore ? { digestStore } : {});
    const scheduler = await readScheduler(layout.schedulerFile);
    const facts = {
      ...geometry,
      scheduler,
      name: layout.name,
      digests,
      depth: digests.depthEstimator ?? null,
    };
    known.set(layout.dir, { signature, facts });
    return facts;
  };
}

/** Sizes and times of the small files and graphs; weights that change without their graph do so only by hand. */
async function signatureOf(layout: Layout): Promise<string> {
  const files = [
    layout.indexFile ?? layout.dir,
    layout.schedulerFile,
    ...(layout.preprocessor ? [layout.preprocessor.file] : []),
    ...Object.values(layout.parts).flatMap(({ file, configFile }) => [file, configFile ?? file]),
    ...layout.tokenizers.flatMap((folder) => TOKENIZER_FILES.map((name) => join(folder, name))),
  ];
  const abouts = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return abouts.map((about) => (about ? `${about.size} ${about.mtimeMs}` : '-')).join('\n');
}
