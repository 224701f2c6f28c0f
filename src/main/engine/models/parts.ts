/** The graphs of a bundle, read without their weights and checked against each other. */
import { AppError } from '../../../common/errors.ts';
import type { SchedulerConfig } from '../diffusion/types.ts';
import type { LoadedGraph } from '../onnx/slim.ts';
import { defect } from './files.ts';
import type { Wanted } from './find-parts.ts';
import { strideFactor } from './graph-values.ts';
import type { Layout } from './layout.ts';
import { type ReadModel, readModel } from './read-model.ts';
import type { Role } from './role.ts';
import { type DepthIo, depthEstimator } from './roles/depth-estimator.ts';
import { type FlowIo, flowEstimator } from './roles/flow-estimator.ts';
import { type InterpolatorIo, interpolator } from './roles/interpolator.ts';
import type { RoleId } from './roles/registry.ts';
import { type TextIo, textEncoder, textEncoder2 } from './roles/text-encoder.ts';
import { unet as unetRole } from './roles/unet.ts';
import type { UnetIo } from './roles/unet-io.ts';
import type { LatentSpace, VaeIo } from './roles/vae.ts';
import { vaeDecoder } from './roles/vae-decoder.ts';
import { vaeEncoder } from './roles/vae-encoder.ts';
import { knownStructures, structureKind } from './structure.ts';
import type { Bundle, Canvas } from './types.ts';

export interface Parts {
  readonly unet: ReadModel<UnetIo>;
  readonly vaeEncoder: ReadModel<VaeIo>;
  readonly vaeDecoder: ReadModel<VaeIo>;
  readonly text: readonly ReadModel<TextIo>[];
  /** Null where the network takes no depth or the bundle cannot estimate it. */
  readonly depth: ReadModel<DepthIo> | null;
  /** Null where the bundle has none. */
  readonly flow: ReadModel<FlowIo> | null;
  readonly interpolator: ReadModel<InterpolatorIo> | null;
}

/** What the parts together make of the bundle. */
export interface Geometry {
  readonly kind: Bundle['kind'];
  readonly latentChannels: number;
  readonly structureChannels: number;
  readonly textWidth: number | null;
  readonly toldGuidance: boolean;
  readonly factor: number;
  readonly grid: number;
  readonly nativeSize: number;
  readonly frozen: Canvas;
  readonly space: LatentSpace;
}

const MIXED = 'The parts of the bundle belong to different models; export or download it again as a whole.';

/** Networks that look like Stable Diffusion but want a further picture, by their extra input channels. */
const OTHER_INPUTS: Readonly<Record<number, string>> = {
  3: 'an upscaler',
  4: 'a model for editing by instruction (InstructPix2Pix)',
};

/**
 * Throws the first defect of a part.
 * @param graphs that were read already; others are read from disk, without their weights
 */
export function loadParts(layout: Layout, graphs?: ReadonlyMap<RoleId, LoadedGraph>): Parts {
  const read = <Io, Want>(role: Role<Io, Want, never, unknown> & Wanted, want: Want): ReadModel<Io> => {
    const part = layout.parts[role.id];
    if (!part) throw defect(layout.dir, `the bundle has no ${role.folder}`, MIXED);
    return readModel(role, part.source, want, graphs?.get(role.id));
  };
  const penultimate = layout.xl;
  const unet = read(unetRole, layout.unet);
  const structure = structureKind(unet.io.inChannels - latentChannelsOf(layout, unet.io));
  return {
    unet,
    vaeEncoder: read(vaeEncoder, undefined),
    vaeDecoder: read(vaeDecoder, undefined),
    text: [
      read(textEncoder, { penultimate, pooled: false }),
      ...(layout.xl ? [read(textEncoder2, { penultimate, pooled: true })] : []),
    ],
    depth: structure === 'depth' && layout.parts.depthEstimator ? read(depthEstimator, undefined) : null,
    flow: layout.parts.flowEstimator ? read(flowEstimator, undefined) : null,
    interpolator: layout.parts.interpolator ? read(interpolator, undefined) : null,
  };
}

/**
 * Throws the first contradiction between the parts. Sizes a graph leaves open are taken from the others.
 * @param prediction what it predicts; null where nobody says it yet
 */
export function geometryOf(
  layout: Layout,
  parts: Parts,
  prediction: SchedulerConfig['prediction'] | null,
): Geometry {
  const { unet, vaeEncoder, vaeDecoder } = parts;
  const levels = layout.unet.block_out_channels?.length;
  const factor = layout.vae.block_out_channels
    ? 2 ** (layout.vae.block_out_channels.length - 1)
    : strideFactor(vaeEncoder.graph.model);
  const latentChannels = latentChannelsOf(layout, unet.io);
  const structureChannels = unet.io.inChannels - latentChannels;
  checkUnet(unet, latentChannels);
  checkVae(vaeEncoder, vaeDecoder, latentChannels);
  checkText(layout, unet, parts.text);
  const xl = unet.io.added !== null;
  return {
    kind: kindOf(xl, structureChannels),
    latentChannels,
    structureChannels,
    textWidth: unet.io.hiddenDim,
    toldGuidance: unet.io.guidance !== null,
    factor,
    grid: factor * (levels === undefined ? strideFactor(unet.graph.model) : 2 ** (levels - 1)),
    frozen: frozenCanvas(parts, factor),
    nativeSize: nativeLatent(layout, unet.io, prediction) * factor,
    space: latentSpace(layout, latentChannels, factor, xl),
  };
}

function latentChannelsOf(layout: Layout, unet: UnetIo): number {
  return unet.outChannels ?? layout.vae.latent_channels ?? 4;
}

function kindOf(xl: boolean, structureChannels: number): Geometry['kind'] {
  const structure = structureKind(structureChannels);
  if (structure === 'surroundings') return xl ? 'sdxl-inpainting' : 'sd-inpainting';
  if (xl) return 'sdxl';
  return structure === 'depth' ? 'sd-depth' : 'sd';
}

function checkUnet({ source, io }: ReadModel<UnetIo>, latentChannels: number): void {
  const structure = io.inChannels - latentChannels;
  if (knownStructures(latentChannels).includes(structure)) return;
  const other = OTHER_INPUTS[structure];
  const what = other ? `this is ${other}` : 'the network takes more than a latent';
  const channels = `it has ${io.inChannels} input channels`;
  throw defect(
    source.file,
    `${what}: ${channels}`,
    'Use a text-to-image model, or one for depth or for inpainting.',
  );
}

function checkVae(encoder: ReadModel<VaeIo>, decoder: ReadModel<VaeIo>, latent: number): void {
  const say = ({ source }: ReadModel, message: string): AppError => defect(source.file, message, MIXED);
  const made = encoder.io.outChannels;
  if (made !== null && made !== latent && made !== 2 * latent) {
    throw say(encoder, `the encoder makes ${made} latent channels, the network takes ${latent}`);
  }
  const taken = decoder.io.inChannels;
  if (taken !== null && taken !== latent) {
    throw say(decoder, `the decoder takes ${taken} latent channels, the network makes ${latent}`);
  }
  for (const [part, channels] of [
    [encoder, encoder.io.inChannels],
    [decoder, decoder.io.outChannels],
  ] as const) {
    if (channels !== null && channels !== 3) throw say(part, `pictures have 3 channels, here ${channels}`);
  }
}

function checkText(layout: Layout, unet: ReadModel<UnetIo>, text: readonly ReadModel<TextIo>[]): void {
  const { added, hiddenDim } = unet.io;
  if (added !== null && text.length < 2) {
    throw defect(unet.source.file, 'this is an XL network, but the bundle has no text_encoder_2', MIXED);
  }
  if (added === null && text.length > 1) {
    throw defect(unet.source.file, 'the bundle has two text encoders, but the network is not XL', MIXED);
  }
  const widths = textWidths(layout, { text });
  if (hiddenDim !== null && !widths.includes(null)) {
    const width = widths.reduce((sum: number, dim) => sum + dim!, 0);
    if (width !== hiddenDim) {
      const plural = text.length > 1 ? 'the text encoders give' : 'the text encoder gives';
      throw defect(
        unet.source.file,
        `the network wants text of width ${hiddenDim}, ${plural} ${width}`,
        MIXED,
      );
    }
  }
}

/** Throws where the tokenizers make another number of tokens than the networks were exported for, or tokens they do not know. */
export function checkTokens(
  layout: Layout,
  { unet, text }: Parts,
  tokenizers: readonly { length: number; size: number }[],
): void {
  for (const [i, { length, size }] of tokenizers.entries()) {
    const { vocabulary } = text[i]!.io;
    if (vocabulary !== null && size > vocabulary) {
      const message = `it knows ${vocabulary} tokens, its tokenizer gives ${size}`;
      throw defect(text[i]!.source.file, message, MIXED);
    }
    for (const [part, frozen] of [
      [unet, unet.io.hiddenTokens],
      [text[i]!, text[i]!.io.length],
    ] as const) {
      if (frozen === null || frozen === length) continue;
      const message = `it was exported for ${frozen} tokens of text, the tokenizer gives ${length}`;
      throw defect(part.source.file, message, MIXED);
    }
    if (length !== tokenizers[0]!.length) {
      const message = `its tokenizers give ${tokenizers[0]!.length} and ${length} tokens, which do not fit side by side`;
      throw defect(layout.tokenizers[i]!.folder, message, MIXED);
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
      { part: unet, size: scaled(unet.io.fixed[side], factor) },
      { part: vaeEncoder, size: vaeEncoder.io.fixed[side] },
      { part: vaeDecoder, size: scaled(vaeDecoder.io.fixed[side], factor) },
    ].filter(({ size }) => size !== null);
    const odd = sizes.find(({ size }) => size !== sizes[0]!.size);
    if (!odd) return sizes[0]?.size ?? null;
    const both = `${side} ${odd.size}, ${sizes[0]!.part.role.label} for ${sizes[0]!.size}`;
    throw defect(odd.part.source.file, `it was exported for pictures of ${both}`, MIXED);
  };
  return { width: of('width'), height: of('height') };
}

function scaled(size: number | null, factor: number): number | null {
  return size === null ? null : size * factor;
}

/** Side of the latent the network was trained on; absent from the oldest exports, which are 512² (XL: 1024²). */
function nativeLatent(layout: Layout, io: UnetIo, prediction: string | null): number {
  const { height, width } = io.fixed;
  // A graph that runs at one size only knows no other, whatever its configuration says.
  if (height !== null && width !== null) return Math.round(Math.sqrt(height * width));
  if (prediction === 'epsilon' && layout.noiseLatent) return layout.noiseLatent;
  const size = layout.unet.sample_size;
  if (Array.isArray(size)) return Math.round(Math.sqrt(size[0] * size[1]));
  return size ?? height ?? (io.added ? 128 : 64);
}

function latentSpace({ vae, parts }: Layout, channels: number, factor: number, xl: boolean): LatentSpace {
  const scaling = vae.scaling_factor ?? (xl ? 0.13025 : 0.18215);
  for (const list of [vae.latents_mean, vae.latents_std]) {
    if (list && list.length !== channels) {
      const file = parts.vaeDecoder?.configFile ?? 'config.json of the VAE';
      throw defect(file, `latent statistics of ${list.length} channels for a latent of ${channels}`, MIXED);
    }
  }
  const each = <T>(make: (c: number) => T) => Array.from({ length: channels }, (_, c) => make(c));
  return {
    channels,
    factor,
    scale: each((c) => scaling / (vae.latents_std?.[c] ?? 1)),
    shift: each((c) => vae.latents_mean?.[c] ?? vae.shift_factor ?? 0),
  };
}

/** Tokens the text encoder can read, where its config or its graph says so. */
export function textLength(layout: Layout, parts: Parts, encoder: number): number | null {
  return parts.text[encoder]?.io.length ?? layout.text[encoder]?.max_position_embeddings ?? null;
}

/** Of the states of each text encoder, in order; null where neither graph nor configuration says. */
export function textWidths(layout: Layout, { text }: Pick<Parts, 'text'>): (number | null)[] {
  return text.map((part, i) => part.io.dim ?? layout.text[i]?.hidden_size ?? null);
}
