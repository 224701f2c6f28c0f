/** A ControlNet from wherever it lies, and whether it belongs to a UNet. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { skipsOf } from '../onnx/attention/skips.ts';
import { channelsOutOf } from '../onnx/ir/channels.ts';
import { controlNet as writeControlNet } from '../onnx/networks/controlnet.ts';
import { readWeights } from '../onnx/safetensors/component.ts';
import { openSafetensors } from '../onnx/safetensors/open.ts';
import { controlNetFile } from './checkpoints/controlnet.ts';
import { defect, kindOf, readJson } from './files.ts';
import { type ReadModel, readModel } from './read-model.ts';
import { type ControlNetIo, controlNet } from './roles/controlnet.ts';
import { type UnetConfig, type UnetIo, unetConfig } from './roles/unet-io.ts';
import { onnxFile, type Source, writtenNetwork } from './source.ts';

const looseConfig = z.looseObject({ global_pool_conditions: z.boolean().nullish() });

const CHOOSE = 'Choose a ControlNet: a .safetensors file, a folder of diffusers, or an exported graph.';

/**
 * @param path a .safetensors file (of diffusers or of the original trainers), a folder with config.json and such a file, or an
 * export (model.onnx, or its folder)
 * @throws AppError usage where nothing is there; bundle-invalid, weights-missing
 */
export async function readControlNet(path: string): Promise<ReadModel<ControlNetIo>> {
  const { source, config } = await sourceOf(path);
  return readModel(controlNet, source, config);
}

async function sourceOf(path: string): Promise<{ source: Source; config: UnetConfig }> {
  const kind = await kindOf(path);
  if (kind === null) {
    throw new AppError('usage', `the ControlNet ${basename(path)} is not there`, {
      doing: `looking for ${path}`,
      hint: 'Check the name, connect its disk, or leave the ControlNet out.',
    });
  }
  if (kind === 'other') throw defect(path, 'this is neither a file nor a folder', CHOOSE);
  const isGraph = kind === 'file' && extname(path).toLowerCase() === '.onnx';
  const folder = kind === 'folder' ? path : dirname(path);
  const graph = kind === 'folder' ? join(path, 'model.onnx') : path;
  const configFile = join(folder, 'config.json');
  const hasConfig = (await kindOf(configFile)) === 'file';
  if (isGraph || (kind === 'folder' && (await kindOf(graph)) === 'file')) {
    const config = hasConfig ? await readJson(configFile, unetConfig) : {};
    return { source: onnxFile(graph, { root: folder, beside: hasConfig ? [configFile] : [] }), config };
  }
  if (kind === 'file') {
    const load = () => controlNetFile(openSafetensors(path, `reading ${basename(path)}`));
    const { config } = load();
    const write = () => {
      const { weights, config: own } = load();
      return writeControlNet(weights, own);
    };
    return { source: writtenNetwork(path, write, { role: controlNet.id, made: config }), config: {} };
  }
  if (!hasConfig) throw defect(path, 'there is no config.json', CHOOSE);
  const json = await readJson(configFile, looseConfig);
  if (json.global_pool_conditions)
    throw defect(path, 'it follows what is in a picture, not where it is (content shuffle)', CHOOSE);
  const write = () =>
    writeControlNet(readWeights(path, { root: path, label: `ControlNet ${basename(path)}` }), json);
  return { source: writtenNetwork(path, write, { role: controlNet.id, beside: [configFile] }), config: {} };
}

/** What is known of a ControlNet without its graph. */
type ControlNetFacts = Pick<ReadModel<ControlNetIo>, 'io' | 'source'>;
export type ReadControlNetFacts = (path: string) => Promise<ControlNetFacts>;

/** Of each once, while its files stay as they are: that of XL takes a quarter of a second. */
export function rememberingControlNets(): ReadControlNetFacts {
  const known = new Map<string, { files: readonly string[]; stamp: string; facts: ControlNetFacts }>();
  return async (path) => {
    const found = known.get(path);
    if (found && found.stamp === (await stampOf(found.files))) return found.facts;
    const { io, source, graph } = await readControlNet(path);
    const files = [path, ...source.files(graph)];
    known.set(path, { files, stamp: await stampOf(files), facts: { io, source } });
    return { io, source };
  };
}

async function stampOf(files: readonly string[]): Promise<string> {
  const abouts = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return abouts.map((about) => (about ? `${about.size} ${about.mtimeMs}` : '-')).join();
}

/** What a ControlNet must fit. */
export interface Sockets {
  readonly textWidth: number | null;
  readonly xl: boolean;
  /** Of the latent, and of all that the UNet takes with it. */
  readonly latentChannels: number;
  readonly inChannels: number;
  /** Channels of what residuals are added to, the way down first and the middle last; null where nothing says them. */
  readonly widths: readonly (number | null)[];
}

export function socketsOf({ graph, io }: ReadModel<UnetIo>, latentChannels: number): Sockets {
  const inner = graph.model.graph;
  const skips = skipsOf(inner);
  const width = (value: string | undefined) => (value === undefined ? null : channelsOutOf(inner, value));
  const down = skips.map(({ join, skip }) => width(join.inputs[skip])).reverse();
  const [first] = skips;
  return {
    textWidth: io.hiddenDim,
    xl: io.added !== null,
    latentChannels,
    inChannels: io.inChannels,
    widths: [...down, width(first?.join.inputs[first.deep])],
  };
}

/** @throws AppError bundle-invalid where the ControlNet was trained for other networks */
export function checkControlNet({ io, source }: ControlNetFacts, sockets: Sockets, model: string): void {
  const refuse = (message: string) =>
    defect(source.file, message, `Choose a ControlNet made for models like ${model}, or another model.`);
  const xl = io.added !== null;
  const isOther = xl !== sockets.xl || differ(io.hiddenDim, sockets.textWidth);
  if (isOther) {
    const its = familyOf(io.hiddenDim, xl);
    throw refuse(`this is a ControlNet for ${its}, ${model} is ${familyOf(sockets.textWidth, sockets.xl)}`);
  }
  const widths = [...io.down, io.middle].map(({ channels }) => channels);
  const same =
    widths.length === sockets.widths.length &&
    widths.every((width, i) => !differ(width, sockets.widths[i] ?? null));
  const takesLatent = [sockets.latentChannels, sockets.inChannels].includes(io.inChannels);
  if (same && takesLatent) return;
  throw refuse(`this is a ControlNet for a network of another build than ${model}`);
}

/** As far as both are known. */
function differ(a: number | null, b: number | null): boolean {
  return a !== null && b !== null && a !== b;
}

/** By the text that they read. */
function familyOf(textWidth: number | null, xl: boolean): string {
  if (xl) return 'Stable Diffusion XL';
  const known = new Map([
    [768, 'Stable Diffusion 1'],
    [1024, 'Stable Diffusion 2'],
  ]);
  if (textWidth === null) return 'a model of an unknown kind';
  return known.get(textWidth) ?? `a model that reads text of width ${textWidth}`;
}
