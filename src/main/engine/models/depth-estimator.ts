/** A depth estimator in a folder of its own, for what else wants depth than the UNet. */
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { dpt } from '../onnx/networks/dpt.ts';
import { readWeights } from '../onnx/safetensors/component.ts';
import { requireLent } from './contributed.ts';
import { defect, kindOf, readJson } from './files.ts';
import { type OpenAloneOptions, openAlone } from './open-alone.ts';
import { type Preprocessor, preprocessorConfig } from './preprocessor.ts';
import { depthEstimator } from './roles/depth-estimator.ts';
import { onnxFile, type Source, writtenNetwork } from './source.ts';
import type { DepthEstimator } from './types.ts';

export interface OpenDepthEstimator extends DepthEstimator {
  /** sha256 hex of all that changes its numbers, but for the provider. */
  readonly digest: string;
  /** Gives its memory back; the next estimate opens it again. */
  release(): Promise<void>;
  close(): Promise<void>;
}

const CHOOSE = 'Choose the folder of a depth estimator: DPT as transformers lays it out, or model.onnx.';

/**
 * Its session is opened at the first call.
 * @param dir preprocessor_config.json beside model.onnx, or beside config.json and the safetensors of a DPT
 * @throws AppError bundle-invalid, weights-missing naming the file; Cancelled
 */
export async function openDepthEstimator(
  dir: string,
  options: OpenAloneOptions,
): Promise<OpenDepthEstimator> {
  const { config, source } = await depthEstimatorIn(dir);
  const { model, digest } = await openAlone(depthEstimator, source, basename(dir), options);
  return {
    ...model.functions(config),
    digest,
    release: () => model.release(),
    close: () => model.close(),
  };
}

/** Where it is and how it wants its pictures. @throws as openDepthEstimator; the graph is not read */
export async function depthEstimatorIn(
  dir: string,
): Promise<{ readonly source: Source; readonly config: Preprocessor }> {
  requireLent(dir);
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const preprocessor = await preprocessorOf(dir);
  const config = await readJson(preprocessor, preprocessorConfig);
  return { source: await sourceIn(dir, preprocessor), config };
}

/** Beside the estimator, or where diffusers puts it in a model. */
async function preprocessorOf(dir: string): Promise<string> {
  const name = 'preprocessor_config.json';
  for (const file of [join(dir, name), join(dirname(dir), 'feature_extractor', name)])
    if (await kindOf(file)) return file;
  throw defect(dir, `there is no ${name}`, CHOOSE);
}

async function sourceIn(dir: string, preprocessor: string): Promise<Source> {
  const graph = join(dir, 'model.onnx');
  if ((await kindOf(graph)) === 'file') return onnxFile(graph, { root: dir, beside: [preprocessor] });
  const configFile = join(dir, 'config.json');
  if ((await kindOf(configFile)) !== 'file') throw defect(dir, 'there is no model.onnx', CHOOSE);
  const label = `depth estimator ${basename(dir)}`;
  const config = await readJson(configFile, z.looseObject({}));
  const write = () => dpt(readWeights(dir, { root: dir, label }), config);
  return writtenNetwork(configFile, write, {
    role: depthEstimator.id,
    beside: [configFile, preprocessor],
  });
}
