/** The digests of a whole bundle: which files count for which part. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileDigest, partDigest } from './digests.ts';
import { kindOf } from './files.ts';
import type { Layout } from './layout.ts';
import type { LoadedPart, Parts } from './parts.ts';
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
  const files = (part: LoadedPart<unknown>) => {
    const graph = [...new Set([realpathSync(part.part.file), ...part.graph.files])];
    return part.part.configFile ? [...graph, part.part.configFile] : graph;
  };
  const vaeConfig = await existing([join(layout.dir, 'vae', 'config.json')]);
  const tokenizers = layout.tokenizers.flatMap((folder) => TOKENIZER_FILES.map((name) => join(folder, name)));
  return {
    unet: await digest(files(parts.unet)),
    vaeEncoder: await digest([...files(parts.vaeEncoder), ...vaeConfig]),
    vaeDecoder: await digest([...files(parts.vaeDecoder), ...vaeConfig]),
    textEncoder: await digest([
      ...parts.text.flatMap(files),
      ...(layout.indexFile ? [layout.indexFile] : []),
    ]),
    tokenizer: await tokenizerDigest(layout.tokenizers, await digest(await existing(tokenizers))),
    scheduler: await fileDigest(layout.schedulerFile),
    ...(parts.depth &&
      layout.preprocessor && {
        depthEstimator: await digest([...files(parts.depth), layout.preprocessor.file]),
      }),
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
