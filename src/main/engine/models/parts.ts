/** The graphs of a bundle, read without their weights and checked against each other. */
import { AppError } from '../../../common/errors.ts';
import type { Model } from '../onnx/ir/graph.ts';
import { type LoadedGraph, loadGraph } from '../onnx/slim.ts';
import { defect } from './files.ts';
import {
  type DepthIo,
  depthIo,
  strideFactor,
  type TextIo,
  textIo,
  type UnetIo,
  unetIo,
  type VaeIo,
  vaeIo,
} from './io.ts';
import { type Layout, PART_FOLDERS, type Part, type Role } from './layout.ts';
import type { Bundle, Canvas } from './types.ts';
import type { LatentScale } from './vae.ts';

export interface LoadedPart<Io> {
  readonly part: Part;
  readonly graph: LoadedGraph;
  readonly io: Io;
}

export interface Parts {
  readonly unet: LoadedPart<UnetIo>;
  readonly vaeEncoder: LoadedPart<VaeIo>;
  readonly vaeDecoder: LoadedPart<VaeIo>;
  readonly text: readonly LoadedPart<TextIo>[];
  /** Null where the network takes no depth or the bundle cannot estimate it. */
  readonly depth: LoadedPart<DepthIo> | null;
}

/** What the parts together make of the bundle. */
export interface Geometry {
  readonly kind: Bundle['kind'];
  readonly latentChannels: number;
  readonly structureChannels: number;
  readonly factor: number;
  readonly grid: number;
  readonly nativeSize: number;
  readonly frozen: Canvas;
  readonly scale: LatentScale;
}

const MIXED = 'The parts of the bundle belong to different models; export or download it again as a whole.';

/** Networks that look like Stable Diffusion but want a further picture, by their extra input channels. */
const OTHER_INPUTS: Readonly<Record<number, string>> = {
  3: 'an upscaler',
  4: 'a model for editing by instruction (InstructPix2Pix)',
  5: 'an inpainting model',
};

/**
 * Throws the first defect of a part.
 * @param load reads a part's graph; from disk, without its weights, unless the caller has done so
 */
export function loadParts(
  layout: Layout,
  load: (part: Part) => LoadedGraph = (part) => loadGraph(part.file, { root: layout.dir }),
): Parts {
  const loaded = <Io>(role: Role, read: (model: Model, file: string) => Io): LoadedPart<Io> => {
    const part = layout.parts[role];
    if (!part) throw defect(layout.dir, `the bundle has no ${PART_FOLDERS[role]}`, MIXED);
    const graph = load(part);
    return { part, graph, io: read(graph.model, part.file) };
  };
  const text = (role: 'textEncoder' | 'textEncoder2') =>
    loaded(role, (model, file) =>
      textIo(model, file, { penultimate: layout.xl, pooled: role === 'textEncoder2' }),
    );
  const unet = loaded('unet', (model, file) => unetIo(model, file, layout.unet));
  const wantsDepth = unet.io.inChannels > latentChannelsOf(layout, unet.io);
  return {
    unet,
    vaeEncoder: loaded('vaeEncoder', vaeIo),
    vaeDecoder: loaded('vaeDecoder', vaeIo),
    text: layout.xl ? [text('textEncoder'), text('textEncoder2')] : [text('textEncoder')],
    depth: wantsDepth && layout.parts.depthEstimator ? loaded('depthEstimator', depthIo) : null,
  };
}

/** Throws the first contradiction between the parts. Sizes a graph leaves open are taken from the others. */
export function geometryOf(layout: Layout, parts: Parts): Geometry {
  const { unet, vaeEncoder, vaeDecoder } = parts;
  const levels = layout.unet.block_out_channels?.length;
  const factor = layout.vae.block_out_channels
    ? 2 ** (layout.vae.block_out_channels.length - 1)
    : strideFactor(vaeEncoder.graph.model);
  const latentChannels = latentChannelsOf(layout, unet.io);
  const structureChannels = unet.io.inChannels - latentChannels;
  checkUnet(unet, structureChannels);
  checkVae(vaeEncoder, vaeDecoder, latentChannels);
  checkText(layout, unet, parts.text);
  const xl = unet.io.added !== null;
  return {
    kind: xl ? 'sdxl' : structureChannels === 1 ? 'sd-depth' : 'sd',
    latentChannels,
    structureChannels,
    factor,
    grid: factor * (levels === undefined ? strideFactor(unet.graph.model) : 2 ** (levels - 1)),
    frozen: frozenCanvas(parts, factor),
    nativeSize: nativeLatent(layout, unet.io) * factor,
    scale: latentScale(layout, latentChannels, xl),
  };
}

function latentChannelsOf(layout: Layout, unet: UnetIo): number {
  return unet.outChannels ?? layout.vae.latent_channels ?? 4;
}

function checkUnet({ part, io }: LoadedPart<UnetIo>, structure: number): void {
  if (structure === 0 || structure === 1) return;
  const other = OTHER_INPUTS[structure];
  const what = other ? `this is ${other}` : 'the network takes more than a latent';
  throw defect(
    part.file,
    `${what}: it has ${io.inChannels} input channels`,
    'Use a text-to-image model, or one with depth.',
  );
}

function checkVae(encoder: LoadedPart<VaeIo>, decoder: LoadedPart<VaeIo>, latent: number): void {
  const say = (part: Part, message: string): AppError => defect(part.file, message, MIXED);
  const made = encoder.io.outChannels;
  if (made !== null && made !== latent && made !== 2 * latent) {
    throw say(encoder.part, `the encoder makes ${made} latent channels, the network takes ${latent}`);
  }
  const taken = decoder.io.inChannels;
  if (taken !== null && taken !== latent) {
    throw say(decoder.part, `the decoder takes ${taken} latent channels, the network makes ${latent}`);
  }
  for (const [part, channels] of [
    [encoder.part, encoder.io.inChannels],
    [decoder.part, decoder.io.outChannels],
  ] as const) {
    if (channels !== null && channels !== 3) throw say(part, `pictures have 3 channels, here ${channels}`);
  }
}

function checkText(layout: Layout, unet: LoadedPart<UnetIo>, text: readonly LoadedPart<TextIo>[]): void {
  const { added, hiddenDim } = unet.io;
  if (added !== null && text.length < 2) {
    throw defect(unet.part.file, 'this is an XL network, but the bundle has no text_encoder_2', MIXED);
  }
  if (added === null && text.length > 1) {
    throw defect(unet.part.file, 'the bundle has two text encoders, but the network is not XL', MIXED);
  }
  const widths = text.map((part, i) => part.io.dim ?? layout.text[i]?.hidden_size ?? null);
  if (hiddenDim !== null && !widths.includes(null)) {
    const width = widths.reduce((sum: number, dim) => sum + dim!, 0);
    if (width !== hiddenDim) {
      const plural = text.length > 1 ? 'the text encoders give' : 'the text encoder gives';
      throw defect(unet.part.file, `the network wants text of width ${hiddenDim}, ${plural} ${width}`, MIXED);
    }
  }
}

/** Throws where the tokenizers make another number of tokens than the networks were exported for. */
export function checkTokens(
  layout: Layout,
  { unet, text }: Parts,
  tokenizers: readonly { length: number }[],
): void {
  for (const [i, { length }] of tokenizers.entries()) {
    for (const [part, frozen] of [
      [unet.part, unet.io.hiddenTokens],
      [text[i]!.part, text[i]!.io.length],
    ] as const) {
      if (frozen === null || frozen === length) continue;
      const message = `it was exported for ${frozen} tokens of text, the tokenizer gives ${length}`;
      throw defect(part.file, message, MIXED);
    }
    if (length !== tokenizers[0]!.length) {
      const message = `its tokenizers give ${tokenizers[0]!.length} and ${length} tokens, which do not fit side by side`;
      throw defect(layout.tokenizers[i]!, message, MIXED);
    }
  }
}

/** Throws where an export with frozen sizes does not run at this one, in pixels. */
export function checkCanvas(frozen: Canvas, width: number, height: number, name: string): void {
  if ((frozen.width ?? width) === width && (frozen.height ?? height) === height) return;
  const size = `${frozen.width ?? 'any'}×${frozen.height ?? 'any'}`;
  const message = `the model was exported for pictures of ${size} only, this edit needs ${width}×${height}`;
  throw new AppError('bundle-invalid', message, {
    doing: `opening ${name}`,
    hint: 'Leave the size to the model, or export it again with optimum-cli export onnx, which leaves sizes open.',
  });
}

/** Size in pixels that an export froze; null per side where any will do. Throws where its parts disagree. */
function frozenCanvas({ unet, vaeEncoder, vaeDecoder }: Parts, factor: number): Canvas {
  const of = (side: 'width' | 'height') => {
    const sizes = [
      { part: unet.part, size: scaled(unet.io.fixed[side], factor) },
      { part: vaeEncoder.part, size: vaeEncoder.io.fixed[side] },
      { part: vaeDecoder.part, size: scaled(vaeDecoder.io.fixed[side], factor) },
    ].filter(({ size }) => size !== null);
    const odd = sizes.find(({ size }) => size !== sizes[0]!.size);
    if (!odd) return sizes[0]?.size ?? null;
    const both = `${side} ${odd.size}, ${PART_FOLDERS[sizes[0]!.part.role]} for ${sizes[0]!.size}`;
    throw defect(odd.part.file, `it was exported for pictures of ${both}`, MIXED);
  };
  return { width: of('width'), height: of('height') };
}

function scaled(size: number | null, factor: number): number | null {
  return size === null ? null : size * factor;
}

/** Side of the latent the network was trained on; absent from the oldest exports, which are 512² (XL: 1024²). */
function nativeLatent(layout: Layout, io: UnetIo): number {
  const { height, width } = io.fixed;
  // A graph that runs at one size only knows no other, whatever its configuration says.
  if (height !== null && width !== null) return Math.round(Math.sqrt(height * width));
  const size = layout.unet.sample_size;
  if (Array.isArray(size)) return Math.round(Math.sqrt(size[0] * size[1]));
  return size ?? height ?? (io.added ? 128 : 64);
}

function latentScale({ vae, parts }: Layout, channels: number, xl: boolean): LatentScale {
  const scaling = vae.scaling_factor ?? (xl ? 0.13025 : 0.18215);
  for (const list of [vae.latents_mean, vae.latents_std]) {
    if (list && list.length !== channels) {
      const file = parts.vaeDecoder?.configFile ?? 'config.json of the VAE';
      throw defect(file, `latent statistics of ${list.length} channels for a latent of ${channels}`, MIXED);
    }
  }
  const each = <T>(make: (c: number) => T) => Array.from({ length: channels }, (_, c) => make(c));
  return {
    scale: each((c) => scaling / (vae.latents_std?.[c] ?? 1)),
    shift: each((c) => vae.latents_mean?.[c] ?? vae.shift_factor ?? 0),
  };
}

/** Tokens the text encoder can read, where its config or its graph says so. */
export function textLength(layout: Layout, parts: Parts, encoder: number): number | null {
  return parts.text[encoder]?.io.length ?? layout.text[encoder]?.max_position_embeddings ?? null;
}
