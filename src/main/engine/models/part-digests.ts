/** The digests of a whole bundle: which files count for which part. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileDigest, partDigest } from './digests.ts';
import { kindOf } from './files.ts';
import type { Layout } from './layout.ts';
import type { Parts } from './parts.ts';
import { digestOfModel, type ReadModel, weightsToCheck } from './read-model.ts';
import { readScheduler, type SchedulerPlace } from './scheduler.ts';
import { remappedTokens, TOKENIZER_FILES, type TokenizerPlace } from './tokenizer.ts';
import type { AskedPrediction, BundleDigests, DigestStore, OpenBundleOptions } from './types.ts';

async function existing(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) if (await kindOf(path)) found.push(path);
  return found;
}

export async function bundleDigests(
  layout: Layout,
  parts: Parts,
  options: Pick<OpenBundleOptions, 'digestStore' | 'signal' | 'prediction'>,
): Promise<BundleDigests> {
  const { digestStore, signal } = options;
  // A file is read once, whichever of its networks is asked about first.
  const { text, ...others } = parts;
  const weights = weightsToCheck([...text, ...Object.values(others).filter((part) => part !== null)]);
  const digest = (files: readonly string[], also?: string) =>
    partDigest(files, digestStore, signal, { also, weights });
  const ofPart = (part: ReadModel) => digestOfModel(part, digestStore, signal, weights);
  const files = ({ source, graph }: ReadModel) => source.files(graph);
  const tokenizers = layout.tokenizers.flatMap(({ folder }) =>
    TOKENIZER_FILES.map((name) => join(folder, name)),
  );
  const found = {
    unet: await ofPart(parts.unet),
    vaeEncoder: await ofPart(parts.vaeEncoder),
    vaeDecoder: await ofPart(parts.vaeDecoder),
    textEncoder: await digest(
      [...text.flatMap(files), ...(layout.indexFile ? [layout.indexFile] : [])],
      text.map(({ source }) => source.also ?? '').join(''),
    ),
    tokenizer: await tokenizerDigest(layout.tokenizers, await digest(await existing(tokenizers))),
    scheduler: await schedulerDigest(layout.scheduler, options.prediction ?? 'auto', digestStore),
    ...(parts.depth && layout.preprocessor && { depthEstimator: await ofPart(parts.depth) }),
    ...(parts.flow && { flowEstimator: await ofPart(parts.flow) }),
    ...(parts.interpolator && { interpolator: await ofPart(parts.interpolator) }),
  };
  for (const part of text) part.unchanged();
  return found;
}

async function tokenizerDigest(places: readonly TokenizerPlace[], files: string): Promise<string> {
  const remapped: (string | null)[] = [];
  for (const { folder } of places) remapped.push(await remappedTokens(folder));
  const padding = places.map((place) => place.padding ?? null);
  const padded = padding.some((token) => token !== null);
  if (remapped.every((tokens) => tokens === null) && !padded) return files;
  return sha256([files, remapped, ...(padded ? [padding] : [])]);
}

/** What the artist says against the file counts; saying the same changes nothing. */
async function schedulerDigest(
  place: SchedulerPlace,
  asked: AskedPrediction,
  digestStore: DigestStore | undefined,
): Promise<string> {
  const own = place.made === undefined ? await fileDigest(place.file, digestStore) : sha256(place.made);
  if (asked === 'auto') return own;
  const told = place.predictionUnknown ? null : (await readScheduler(place)).prediction;
  return told === asked ? own : sha256([own, asked]);
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
