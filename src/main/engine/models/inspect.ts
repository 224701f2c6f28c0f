/** What a folder holds, without loading a weight: for `retake bundle inspect` and for the desktop's model list. */
import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, relative } from 'node:path';
import { AppError, errorLine, throwIfCancelled } from '../../../common/errors.ts';
import { findSelfAttentions, WITHOUT } from '../onnx/attention/find.ts';
import type { Model } from '../onnx/ir/graph.ts';
import { tryOut } from '../onnx/ort.ts';
import { applyPasses, type Step, step } from '../onnx/passes/pass.ts';
import { isDrawn } from '../onnx/passes/take-mean.ts';
import { unpackAttention } from '../onnx/passes/unpack-attention.ts';
import { parseModel, serializeModel } from '../onnx/serde.ts';
import type { LoadedGraph } from '../onnx/slim.ts';
import { readBytes } from './files.ts';
import { describe, weightType } from './graph-values.ts';
import { isNeeded, type Layout, type LayoutPart, unetWidth } from './layout.ts';
import { memoryOfInspected } from './memory/inspected.ts';
import { bundleDigests } from './part-digests.ts';
import { checkTokens, type Geometry, geometryOf, loadParts, type Parts, textLength } from './parts.ts';
import { readLayout } from './read-layout.ts';
import type { BundleReport, PartReport } from './report.ts';
import { type BundleRole, bundleRoles, type RoleId, roleNamed } from './roles/registry.ts';
import { readScheduler } from './scheduler.ts';
import { structureKind } from './structure.ts';
import { readTokenizer } from './tokenizer.ts';
import type { OpenBundleOptions } from './types.ts';

/** A graph whose weights are absent is still small enough to read whole. */
const LARGEST_BARE_GRAPH = 256 * 2 ** 20;

const PREDICTION_UNKNOWN =
  'Nothing says whether it predicts noise or v, so edits want Prediction set (--prediction epsilon or v_prediction).';

/**
 * Throws a defect if dir is no bundle at all, and Cancelled; defects of the parts are listed in the report.
 * @param dir path of the model: a folder, or a file that holds it
 * @param options.figures false leaves out what is only told and takes long: memory, and digests, for which gigabytes may be read
 */
export async function inspectBundle(
  dir: string,
  options: Pick<OpenBundleOptions, 'digestStore' | 'signal'> & { readonly figures?: boolean } = {},
): Promise<BundleReport> {
  const defects: string[] = [];
  const warnings: string[] = [];
  const onDefect = (error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    defects.push(errorLine(error));
  };
  const attempt = async <T>(make: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await make();
    } catch (error) {
      onDefect(error);
      return null;
    }
  };
  const layout = await readLayout(dir, onDefect);
  warnings.push(...layout.notes);
  // A choice that is left to the artist is no defect.
  const { predictionUnknown = false } = layout.scheduler;
  const scheduler = predictionUnknown ? null : await attempt(() => readScheduler(layout.scheduler));
  if (predictionUnknown) warnings.push(PREDICTION_UNKNOWN);
  const graphs = new Map<RoleId, LoadedGraph>();
  const reports: PartReport[] = [];
  const whole = new Set<RoleId>();
  for (const part of Object.values(layout.parts)) {
    const loaded = await attempt(() => part.source.load());
    if (loaded) whole.add(part.role);
    const graph = loaded ?? bareGraph(part);
    if (graph === null) continue;
    graphs.set(part.role, graph);
    reports.push(await reportPart(layout, part, graph, loaded !== null));
  }
  const sound = Object.values(layout.parts).every((part) => whole.has(part.role));

  const parts = await attempt(() => partsOf(layout, graphs));
  const geometry = parts && (await attempt(() => geometryOf(layout, parts, scheduler?.prediction ?? null)));
  if (predictionUnknown && geometry && layout.noiseLatent) {
    const side = layout.noiseLatent * geometry.factor;
    warnings.push(`If it predicts noise it was trained at ${side}×${side}, and edits take that size.`);
  }
  const tokenizers: { length: number; size: number }[] = [];
  for (const [i, place] of layout.tokenizers.entries()) {
    const length = parts ? textLength(layout, parts, i) : null;
    const tokenizer = await attempt(() => readTokenizer(place, length));
    if (tokenizer) tokenizers.push(tokenizer);
  }
  if (parts && tokenizers.length === layout.tokenizers.length) {
    await attempt(() => checkTokens(layout, parts, tokenizers));
  }
  const network = graphs.get('unet')?.model;
  const attentions = network ? selfAttentions(network, warnings) : null;
  const encoder = graphs.get('vaeEncoder');
  if (encoder && isDrawn(encoder.model)) {
    warnings.push('The VAE encoder draws its latent at random; Retake takes the mean instead.');
  }
  const bare = Object.values(layout.parts).filter(
    (part) => part.configFile === null && !roleNamed(part.role).optional,
  );
  if (bare.length > 0) {
    const names = bare.map((part) => roleNamed(part.role).folder).join(', ');
    warnings.push(`No config.json in ${names}: sizes and scale are Stable Diffusion's usual ones.`);
  }
  const lends = (attentions?.length ?? 0) > 0;
  const { figures = true } = options;
  const memory =
    figures && parts && geometry ? await memoryOfInspected(layout, parts, geometry, lends) : null;
  for (const [role, graph] of graphs) {
    throwIfCancelled(options.signal);
    if (whole.has(role)) await tryPart(layout, role, graph, { defects, warnings, lends });
  }
  const parameters = reports.reduce((sum, part) => sum + part.parameters, 0);
  return {
    dir: layout.dir,
    name: layout.name,
    pipeline: layout.className,
    family: layout.family ?? null,
    kind: geometry?.kind ?? null,
    scheduler,
    parts: reports,
    parameters,
    width: unetWidth(layout),
    sites: attentions && { all: attentions.length, decoder: attentions.filter((one) => one.decoder).length },
    latentChannels: geometry?.latentChannels ?? null,
    structureChannels: geometry?.structureChannels ?? null,
    depth: geometry && depthOf(geometry, parts),
    factor: geometry?.factor ?? null,
    grid: geometry?.grid ?? null,
    nativeSize: geometry?.nativeSize ?? null,
    frozen: parts && geometry && { ...geometry.frozen, batch: parts.unet.io.fixed.batch },
    promptTokens: tokenizers.map(({ length }) => length),
    memory,
    digests:
      figures && parts && sound && scheduler
        ? await attempt(() => bundleDigests(layout, parts, options))
        : null,
    warnings,
    defects,
  };
}

function depthOf({ structureChannels }: Geometry, parts: Parts | null): BundleReport['depth'] {
  if (structureKind(structureChannels) !== 'depth') return null;
  return parts?.depth ? 'estimator' : 'clip';
}

/** The graph alone, for bundles whose weights are elsewhere or not there yet. */
function bareGraph(part: LayoutPart): LoadedGraph | null {
  if (part.stored) return null;
  try {
    const bytes = readBytes(part.file, LARGEST_BARE_GRAPH);
    return { model: parseModel(bytes), folder: part.folder, files: [] };
  } catch {
    return null; // loadGraph has already said what is wrong with it
  }
}

async function reportPart(
  layout: Layout,
  part: LayoutPart,
  { model, files }: LoadedGraph,
  whole: boolean,
): Promise<PartReport> {
  const { graph } = model;
  const single = layout.dir === part.file;
  // One file may hold all parts of a model.
  let bytes = part.stored ? weightBytes(model) : 0;
  if (!part.stored)
    for (const file of new Set([realpathSync(part.file), ...files])) bytes += (await stat(file)).size;
  let parameters = 0;
  for (const { dims } of graph.initializers.values())
    parameters += dims.reduce((product, dim) => product * dim, 1);
  return {
    role: part.role,
    file: single ? basename(part.file) : relative(layout.dir, part.file),
    weights: single ? [] : files.map((file) => relative(layout.dir, file)),
    bytes: whole ? bytes : null,
    weightType: weightType(model),
    parameters,
    nodes: graph.nodeCount,
    opset: model.opsets.get('') ?? null,
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(describe),
    outputs: graph.outputs.map(describe),
  };
}

/** Of all weights that lie in files. */
function weightBytes({ graph }: Model): number {
  let bytes = 0;
  for (const { data } of graph.initializers.values()) if (data.kind === 'external') bytes += data.length ?? 0;
  return bytes;
}

/** Throws the first part's defect; null while parts are missing, which is reported elsewhere. */
function partsOf(layout: Layout, graphs: ReadonlyMap<RoleId, LoadedGraph>): Parts | null {
  const roles = bundleRoles().filter((role) => isNeeded(role, layout.xl) || layout.parts[role.id]);
  return roles.every(({ id }) => graphs.has(id)) ? loadParts(layout, graphs) : null;
}

type Attentions = ReturnType<typeof findSelfAttentions>;

/** A network without usable self-attention still serves the methods that need none, so this only warns. */
function selfAttentions(model: Model, warnings: string[]): Attentions | null {
  try {
    applyPasses(model, [step(unpackAttention)], 'the UNet');
    const found = findSelfAttentions(model.graph, 'all', 'reading the UNet');
    if (found.length === 0)
      warnings.push(`No self-attention was found that could take reference frames. ${WITHOUT}`);
    return found;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    warnings.push(errorLine(error));
    return null;
  }
}

/**
 * What only shows when a network is put together as for an edit: operators nothing here can run, attention that cannot be
 * lent. Weights stay on disk. Changes the graph, so it comes last.
 */
async function tryPart(
  layout: Layout,
  id: RoleId,
  { model, folder }: LoadedGraph,
  { defects, warnings, lends }: Findings,
): Promise<void> {
  const role = bundleRoles().find((one) => one.id === id)!;
  const label = `${role.label} of ${layout.name}`;
  try {
    applyPasses(model, passesOf(role, lends ? 'all' : 'none'), label);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Without attention that can be lent it still serves the methods that need none.
    (role.id === 'unet' ? warnings : defects).push(errorLine(error));
    return;
  }
  try {
    await tryOut(serializeModel(model), { folder, label });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Another provider may have what the processor lacks.
    (error.code === 'provider-unavailable' ? warnings : defects).push(errorLine(error));
  }
}

function passesOf(role: BundleRole, sites: 'all' | 'none'): readonly Step[] {
  if (role.id === 'unet') return role.passes('forward', { sites });
  if (role.id === 'textEncoder' || role.id === 'textEncoder2')
    return role.passes('forward', { placing: false });
  if (role.id === 'vaeEncoder' || role.id === 'vaeDecoder') return role.passes('forward', null);
  return role.passes();
}

interface Findings {
  readonly defects: string[];
  readonly warnings: string[];
  /** Whether self-attention was found. */
  readonly lends: boolean;
}
