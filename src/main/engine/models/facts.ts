/** What a plan needs of a bundle, remembered while its files stay as they are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import type { Parts } from './parts.ts';
import { type ReadBundle, readBundle } from './read.ts';
import { readLayout } from './read-layout.ts';
import { sizeFor } from './roles/depth-estimator.ts';
import { TOKENIZER_FILES } from './tokenizer.ts';
import type { BundleFacts, DepthEstimator, DigestStore, OpenBundleOptions } from './types.ts';

interface PlanFacts extends BundleFacts {
  /** Null where the bundle cannot estimate depth. */
  readonly depth: Pick<DepthEstimator, 'sizeFor'> | null;
}

/** What of opening changes what a model is. */
type FactsOptions = Pick<OpenBundleOptions, 'prediction'>;

export type ReadFacts = (path: string, options?: FactsOptions) => Promise<PlanFacts>;

/** @throws AppError bundle-invalid, weights-missing */
export function rememberingFacts(digestStore: DigestStore | undefined): ReadFacts {
  const known = new Map<string, { weights: readonly string[]; stamp: string; facts: PlanFacts }>();
  return async (path, options = {}) => {
    const layout = await readLayout(path, (error) => {
      throw error;
    });
    const key = JSON.stringify([layout.dir, options]);
    const found = known.get(key);
    if (found && found.stamp === (await stampOf(layout, found.weights))) return found.facts;
    const read = await readBundle(path, { ...options, ...(digestStore && { digestStore }) });
    const weights = weightsOf(read.parts);
    const facts = { ...factsOf(read), depth: depthOf(read) };
    known.set(key, { weights, stamp: await stampOf(layout, weights), facts });
    return facts;
  };
}

function depthOf({ layout, parts }: ReadBundle): PlanFacts['depth'] {
  const { preprocessor } = layout;
  const { depth } = parts;
  if (!depth || !preprocessor) return null;
  const part = { io: depth.io, file: depth.source.file };
  return { sizeFor: (picture) => sizeFor(part, preprocessor.config, picture) };
}

export function factsOf({ layout, scheduler, geometry, digests }: ReadBundle): BundleFacts {
  const { space: _, ...measures } = geometry;
  return { ...measures, dir: layout.dir, name: layout.name, scheduler, digests };
}

function weightsOf({ text, ...parts }: Parts): string[] {
  return [...text, ...Object.values(parts)].flatMap((part) => part?.graph.files ?? []);
}

/** Sizes and times of every file that the facts come from. */
async function stampOf(layout: Layout, weights: readonly string[]): Promise<string> {
  const files = [
    layout.indexFile ?? layout.dir,
    layout.scheduler.file,
    ...[layout.preprocessor, ...Object.values(layout.ranges)].flatMap((one) => one?.file ?? []),
    ...Object.values(layout.parts).flatMap(({ file, configFile }) => [file, configFile ?? file]),
    ...layout.tokenizers.flatMap(({ folder }) => TOKENIZER_FILES.map((name) => join(folder, name))),
    ...weights,
  ];
  const abouts = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return abouts.map((about) => (about ? `${about.size} ${about.mtimeMs}` : '-')).join('\n');
}
