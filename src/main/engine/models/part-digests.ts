/** The digests of a whole bundle: which files count for which part. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileDigest, partDigest } from './digests.ts';
import { kindOf } from './files.ts';
import type { Layout } from './layout.ts';
import { digestOfModel, type ReadModel } from './model.ts';
import type { Parts } from './parts.ts';
import { remappedTokens, TOKENIZER_FILES } from './tokenizer.ts';
import type { BundleDigests, OpenBundleOptions } from './types.ts';

async function existing(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) if (await kindOf(path)) found.push(path);
  return found;
}

export async function bundleDigests(
  layout: Layout,
  parts: Parts,
  options: Pick<OpenBundleOptions, 'digestStore' | 'signal'>,
): Promise<BundleDigests> {
  const digest = (files: readonly string[]) => partDigest(files, options.digestStore, options.signal);
  const ofPart = (part: ReadModel) => digestOfModel(part, options.digestStore, options.signal);
  const files = ({ source, graph }: ReadModel) => source.files(graph);
  const tokenizers = layout.tokenizers.flatMap((folder) => TOKENIZER_FILES.map((name) => join(folder, name)));
  return {
    unet: await ofPart(parts.unet),
    vaeEncoder: await ofPart(parts.vaeEncoder),
    vaeDecoder: await ofPart(parts.vaeDecoder),
    textEncoder: await digest([
      ...parts.text.flatMap(files),
      ...(layout.indexFile ? [layout.indexFile] : []),
    ]),
    tokenizer: await tokenizerDigest(layout.tokenizers, await digest(await existing(tokenizers))),
    scheduler: await fileDigest(layout.schedulerFile),
    ...(parts.depth && layout.preprocessor && { depthEstimator: await ofPart(parts.depth) }),
    ...(parts.flow && { flowEstimator: await ofPart(parts.flow) }),
    ...(parts.interpolator && { interpolator: await ofPart(parts.interpolator) }),
  };
}

async function tokenizerDigest(folders: readonly string[], files: string): Promise<string> {
  const remapped: (string | null)[] = [];
  for (const folder of folders) remapped.push(await remappedTokens(folder));
  if (remapped.every((tokens) => tokens === null)) return files;
  return createHash('sha256')
    .update(JSON.stringify([files, remapped]))
    .digest('hex');
}
