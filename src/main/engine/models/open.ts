/** Opens a bundle as functions: everything is checked before the first network is loaded. */
import { assert, throwIfCancelled } from '../../../common/errors.ts';
import type { Conditioning } from '../diffusion/types.ts';
import { createSession, type Session, type SessionOptions } from '../onnx/ort.ts';
import { float32Io } from '../onnx/passes/float-io.ts';
import { addReferenceAttention, type Site } from '../onnx/passes/reference-attention.ts';
import { makeDepthEstimator } from './depth-estimator.ts';
import { type Layout, readLayout } from './layout.ts';
import { takeMean } from './mean-encoder.ts';
import { bundleDigests } from './part-digests.ts';
import {
  checkCanvas,
  checkTokens,
  geometryOf,
  type LoadedPart,
  loadParts,
  type Parts,
  textLength,
} from './parts.ts';
import { readScheduler } from './scheduler.ts';
import { encodeText, timeIds } from './text-encoder.ts';
import { type ClipTokenizer, readTokenizer } from './tokenizer.ts';
import type { Bundle, BundleDigests, DepthEstimator, OpenBundleOptions, Tokens } from './types.ts';
import { makePredict } from './unet.ts';
import { makeDecode, makeEncode } from './vae.ts';

/**
 * Throws AppError bundle-invalid or weights-missing naming the file, provider or model-failed errors of the runtime, or
 * Cancelled; nothing stays open then.
 * @param dir folder of the bundle, as diffusers lays it out
 */
export async function openBundle(dir: string, options: OpenBundleOptions): Promise<Bundle> {
  const { signal } = options;
  const layout = await readLayout(dir, (error) => {
    throw error;
  });
  const scheduler = await readScheduler(layout.schedulerFile);
  const parts = loadParts(layout);
  const geometry = geometryOf(layout, parts);
  const tokenizers: ClipTokenizer[] = [];
  for (const [i, folder] of layout.tokenizers.entries()) {
    tokenizers.push(await readTokenizer(folder, textLength(layout, parts, i)));
  }
  checkTokens(layout, parts, tokenizers);
  throwIfCancelled(signal);
  const digests = await bundleDigests(layout, parts, options);
  const sites = rewrite(parts, options, layout.name);

  const depthPart = parts.depth;
  const sessions: Session[] = [];
  const open = async (
    part: LoadedPart<unknown>,
    what: string,
    how: Partial<SessionOptions> = {},
  ): Promise<Session> => {
    throwIfCancelled(signal);
    const label = `${what} of ${layout.name}`;
    const { model, folder } = part.graph;
    const { provider, threads } = options;
    const session = await createSession(model, { folder, provider, threads, label, ...how });
    sessions.push(session);
    return session;
  };
  const release = async () => {
    for (const session of sessions.splice(0)) await session.release();
  };
  try {
    const unet = await open(parts.unet, 'the UNet', { memoryPattern: false });
    const encoder = await open(parts.vaeEncoder, 'the VAE encoder');
    const decoder = await open(parts.vaeDecoder, 'the VAE decoder');
    // Prompts are few: the text encoders' weights stay mapped, which for XL saves gigabytes.
    const text: Session[] = [];
    for (const part of parts.text) text.push(await open(part, 'the text encoder', { lowMemory: true }));
    throwIfCancelled(signal);
    return assemble({
      layout,
      scheduler,
      parts,
      geometry,
      tokenizers,
      digests,
      sites,
      joint: options.joint ?? false,
      unet,
      encoder,
      decoder,
      text,
      release,
      openDepth: () => open(depthPart!, 'the depth estimator'),
    });
  } catch (error) {
    await release();
    throw error;
  }
}

interface Opened {
  readonly layout: Layout;
  readonly scheduler: Bundle['scheduler'];
  readonly parts: Parts;
  readonly geometry: ReturnType<typeof geometryOf>;
  readonly tokenizers: readonly ClipTokenizer[];
  readonly digests: BundleDigests;
  readonly sites: readonly Site[];
  readonly joint: boolean;
  readonly unet: Session;
  readonly encoder: Session;
  readonly decoder: Session;
  readonly text: readonly Session[];
  release(): Promise<void>;
  /** Of a bundle that has an estimator. */
  openDepth(): Promise<Session>;
}

function assemble(opened: Opened): Bundle {
  // Closures below capture these, not the graphs.
  const { layout, parts, geometry, tokenizers, sites, joint, encoder, decoder } = opened;
  const [unetSession, textSessions] = [opened.unet, opened.text];
  const { factor, latentChannels, scale } = geometry;
  const calls = { unet: 0, unetBranches: 0, vaeEncoder: 0, vaeDecoder: 0, textEncoder: 0 };
  const seconds = (sessions: readonly Session[]) =>
    sessions.reduce((sum, session) => sum + session.runSeconds, 0);
  const vaeEncoder = { session: encoder, io: parts.vaeEncoder.io, file: parts.vaeEncoder.part.file };
  const vaeDecoder = { session: decoder, io: parts.vaeDecoder.io, file: parts.vaeDecoder.part.file };
  const unet = { session: unetSession, io: parts.unet.io, sites, joint, file: parts.unet.part.file };
  const text = parts.text.map((part, i) => ({ session: textSessions[i]!, io: part.io }));
  const encode = makeEncode(vaeEncoder, scale, latentChannels, factor);
  const decode = makeDecode(vaeDecoder, scale, factor);

  const depthSessions: Session[] = [];
  const depth = depthOf(opened, depthSessions);

  const tokenize = (prompt: string): Tokens => {
    const all = tokenizers.map((tokenizer) => tokenizer.encode(prompt));
    return { ids: all.map((one) => one.ids), cut: all.find((one) => one.cut !== null)?.cut ?? null };
  };

  return {
    dir: layout.dir,
    name: layout.name,
    kind: geometry.kind,
    scheduler: opened.scheduler,
    digests: opened.digests,
    latentChannels,
    structureChannels: geometry.structureChannels,
    depth,
    factor,
    grid: geometry.grid,
    nativeSize: geometry.nativeSize,
    frozen: geometry.frozen,
    siteCount: sites.length,
    calls,
    get runSeconds() {
      return {
        unet: seconds([unetSession]),
        vaeEncoder: seconds([encoder]),
        vaeDecoder: seconds([decoder]),
        textEncoder: seconds(textSessions),
        ...(depth && { depthEstimator: seconds(depthSessions) }),
      };
    },
    tokenize,
    async embed(prompt, size): Promise<Conditioning> {
      calls.textEncoder += 1;
      const made = await encodeText(text, tokenize(prompt).ids);
      if (geometry.kind !== 'sdxl') return made;
      if (layout.zeroEmptyPrompt && prompt.trim() === '') {
        made.hidden.fill(0);
        made.pooled?.fill(0);
      }
      return { ...made, timeIds: timeIds(size) };
    },
    encode(rgb, width, height) {
      calls.vaeEncoder += 1;
      return encode(rgb, width, height);
    },
    decode(latent, shape) {
      calls.vaeDecoder += 1;
      return decode(latent, shape);
    },
    predict(shape) {
      assert(
        shape.channels === latentChannels,
        `latents here have ${latentChannels} channels, not ${shape.channels}`,
      );
      checkCanvas(geometry.frozen, shape.width * factor, shape.height * factor, layout.name);
      return makePredict(unet, shape, (branches) => {
        calls.unet += 1;
        calls.unetBranches += branches;
      });
    },
    close: opened.release,
  };
}

/** @param sessions gets the estimator's session once a picture has come */
function depthOf({ layout, parts, openDepth }: Opened, sessions: Session[]): DepthEstimator | null {
  if (!parts.depth || !layout.preprocessor) return null;
  return makeDepthEstimator({
    io: parts.depth.io,
    file: parts.depth.part.file,
    preprocessor: layout.preprocessor.config,
    async open() {
      const session = await openDepth();
      sessions.push(session);
      return session;
    },
  });
}

/** Changes the graphs in memory; the files stay as they are. Returns the attention sites that got a bank. */
function rewrite(parts: Parts, options: OpenBundleOptions, name: string): readonly Site[] {
  takeMean(parts.vaeEncoder.graph.model, parts.vaeEncoder.part.file);
  const unet = parts.unet.graph.model;
  const label = `the UNet of ${name}`;
  const sites =
    options.sites === 'none'
      ? []
      : addReferenceAttention(unet, { sites: options.sites, joint: options.joint ?? false, label }).sites;
  const depth = parts.depth ? [parts.depth] : [];
  for (const { graph } of [parts.unet, parts.vaeEncoder, parts.vaeDecoder, ...parts.text, ...depth])
    float32Io(graph.model);
  return sites;
}
