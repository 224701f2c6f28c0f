/** What a folder holds, without loading a weight: for `retake bundle inspect` and for the desktop's model list. */
import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { AppError, errorLine, throwIfCancelled } from '../../../common/errors.ts';
import type { SchedulerConfig } from '../diffusion/types.ts';
import type { Model } from '../onnx/ir/graph.ts';
import { tryOut } from '../onnx/ort.ts';
import { findSelfAttentions, WITHOUT } from '../onnx/passes/attention.ts';
import { float32Io } from '../onnx/passes/float-io.ts';
import { addReferenceAttention } from '../onnx/passes/reference-attention.ts';
import { unpackAttention } from '../onnx/passes/unpack-attention.ts';
import { parseModel } from '../onnx/serde.ts';
import { type LoadedGraph, loadGraph } from '../onnx/slim.ts';
import { readBytes } from './files.ts';
import { describe, weightType } from './graph-values.ts';
import { type Layout, PART_FOLDERS, type Part, type Role, readLayout, rolesOf } from './layout.ts';
import { isDrawn, takeMean } from './mean-encoder.ts';
import { estimateMemory, type MemoryEstimate } from './memory.ts';
import { bundleDigests } from './part-digests.ts';
import { checkTokens, type Geometry, geometryOf, loadParts, type Parts, textLength } from './parts.ts';
import { readScheduler } from './scheduler.ts';
import { readTokenizer } from './tokenizer.ts';
import type { Bundle, BundleDigests, Canvas, OpenBundleOptions } from './types.ts';

export interface PartReport {
  readonly role: Role;
  /** Relative to the bundle, like all paths here. */
  readonly file: string;
  readonly weights: readonly string[];
  /** On disk, graph and weights; null where weights are missing. */
  readonly bytes: number | null;
  readonly weightType: string;
  readonly parameters: number;
  readonly nodes: number;
  readonly opset: number | null;
  /** "sample float32 [batch_size, 4, height, width]" */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface BundleReport {
  readonly dir: string;
  readonly name: string;
  readonly pipeline: string;
  /** Null where a missing or contradictory part hides it. */
  readonly kind: Bundle['kind'] | null;
  readonly scheduler: SchedulerConfig | null;
  readonly parts: readonly PartReport[];
  readonly parameters: number;
  /** Self-attentions that can read other frames. */
  readonly sites: { readonly all: number; readonly decoder: number } | null;
  readonly latentChannels: number | null;
  readonly structureChannels: number | null;
  /** Where the depth of a frame comes from; null for networks that take none. */
  readonly depth: 'estimator' | 'clip' | null;
  readonly factor: number | null;
  readonly grid: number | null;
  readonly nativeSize: number | null;
  /** What an export froze: the batch of the UNet, and the size of pictures in pixels; null where any will do. */
  readonly frozen: (Canvas & { readonly batch: number | null }) | null;
  readonly promptTokens: readonly number[];
  readonly memory: MemoryEstimate | null;
  readonly digests: BundleDigests | null;
  readonly warnings: readonly string[];
  /** Why it cannot be opened, one line each; empty for a sound bundle. */
  readonly defects: readonly string[];
}

/** A graph whose weights are absent is still small enough to read whole. */
const LARGEST_BARE_GRAPH = 256 * 2 ** 20;

/**
 * Throws a defect if dir is no bundle at all, and Cancelled; defects of the parts are listed in the report.
 * @param dir folder of the bundle
 * @param options.digests false leaves out the digests, for which gigabytes may be read
 */
export async function inspectBundle(
  dir: string,
  options: Pick<OpenBundleOptions, 'digestStore' | 'signal'> & { readonly digests?: boolean } = {},
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
  const scheduler = await attempt(() => readScheduler(layout.schedulerFile));
  const graphs = new Map<Role, LoadedGraph>();
  const reports: PartReport[] = [];
  const whole = new Set<Role>();
  for (const part of Object.values(layout.parts)) {
    const loaded = await attempt(() => loadGraph(part.file, { root: layout.dir }));
    if (loaded) whole.add(part.role);
    const graph = loaded ?? bareGraph(part);
    if (graph === null) continue;
    graphs.set(part.role, graph);
    reports.push(await reportPart(layout, part, graph, loaded !== null));
  }
  const sound = Object.values(layout.parts).every((part) => whole.has(part.role));

  const parts = await attempt(() => partsOf(layout, graphs));
  const geometry = parts && (await attempt(() => geometryOf(layout, parts)));
  const tokenizers: { length: number }[] = [];
  for (const [i, folder] of layout.tokenizers.entries()) {
    const length = parts ? textLength(layout, parts, i) : null;
    const tokenizer = await attempt(() => readTokenizer(folder, length));
    if (tokenizer) tokenizers.push(tokenizer);
  }
  if (parts && tokenizers.length === layout.tokenizers.length) {
    await attempt(() => checkTokens(layout, parts, tokenizers));
  }
  const unet = graphs.get('unet')?.model;
  const attentions = unet ? selfAttentions(unet, warnings) : null;
  const encoder = graphs.get('vaeEncoder');
  if (encoder && isDrawn(encoder.model)) {
    warnings.push('The VAE encoder draws its latent at random; Retake takes the mean instead.');
  }
  const bare = Object.values(layout.parts).filter(
    (part) => part.configFile === null && part.role !== 'depthEstimator',
  );
  if (bare.length > 0) {
    const names = bare.map((part) => PART_FOLDERS[part.role]).join(', ');
    warnings.push(`No config.json in ${names}: sizes and scale are Stable Diffusion's usual ones.`);
  }
  const memory = parts && geometry && attentions && memoryOf(layout, parts, geometry, reports, attentions);
  const lends = (attentions?.length ?? 0) > 0;
  for (const [role, graph] of graphs) {
    throwIfCancelled(options.signal);
    if (whole.has(role)) await tryPart(layout, role, graph, { defects, warnings, lends });
  }
  const parameters = reports.reduce((sum, part) => sum + part.parameters, 0);
  return {
    dir: layout.dir,
    name: layout.name,
    pipeline: layout.className,
    kind: geometry?.kind ?? null,
    scheduler,
    parts: reports,
    parameters,
    sites: attentions && { all: attentions.length, decoder: attentions.filter((one) => one.decoder).length },
    latentChannels: geometry?.latentChannels ?? null,
    structureChannels: geometry?.structureChannels ?? null,
    depth: geometry?.structureChannels ? (parts?.depth ? 'estimator' : 'clip') : null,
    factor: geometry?.factor ?? null,
    grid: geometry?.grid ?? null,
    nativeSize: geometry?.nativeSize ?? null,
    frozen: parts && geometry && { ...geometry.frozen, batch: parts.unet.io.fixed.batch },
    promptTokens: tokenizers.map(({ length }) => length),
    memory,
    digests:
      options.digests !== false && parts && sound && scheduler
        ? await attempt(() => bundleDigests(layout, parts, options))
        : null,
    warnings,
    defects,
  };
}

/** The graph alone, for bundles whose weights are elsewhere or not there yet. */
function bareGraph(part: Part): LoadedGraph | null {
  try {
    const bytes = readBytes(part.file, LARGEST_BARE_GRAPH);
    return { model: parseModel(bytes), folder: part.folder, files: [] };
  } catch {
    return null; // loadGraph has already said what is wrong with it
  }
}

async function reportPart(
  layout: Layout,
  part: Part,
  { model, files }: LoadedGraph,
  whole: boolean,
): Promise<PartReport> {
  const { graph } = model;
  let bytes = 0;
  for (const file of new Set([realpathSync(part.file), ...files])) bytes += (await stat(file)).size;
  let parameters = 0;
  for (const { dims } of graph.initializers.values())
    parameters += dims.reduce((product, dim) => product * dim, 1);
  return {
    role: part.role,
    file: relative(layout.dir, part.file),
    weights: files.map((file) => relative(layout.dir, file)),
    bytes: whole ? bytes : null,
    weightType: weightType(model),
    parameters,
    nodes: graph.nodeCount,
    opset: model.opsets.get('') ?? null,
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(describe),
    outputs: graph.outputs.map(describe),
  };
}

/** Throws the first part's defect; null while parts are missing, which is reported elsewhere. */
function partsOf(layout: Layout, graphs: ReadonlyMap<Role, LoadedGraph>): Parts | null {
  const roles = [...rolesOf(layout), ...Object.values(layout.parts).map((part) => part.role)];
  if (roles.some((role) => !graphs.has(role))) return null;
  return loadParts(layout, (part) => graphs.get(part.role)!);
}

type Attentions = ReturnType<typeof findSelfAttentions>;

/** A network without usable self-attention still serves the methods that need none, so this only warns. */
function selfAttentions(model: Model, warnings: string[]): Attentions | null {
  try {
    unpackAttention(model);
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
  role: Role,
  { model, folder }: LoadedGraph,
  findings: Findings,
): Promise<void> {
  const label = `${PART_FOLDERS[role]} of ${layout.name}`;
  const { defects, warnings, lends } = findings;
  const works = async (to: string[], make: () => unknown): Promise<boolean> => {
    try {
      await make();
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Another provider may have what the processor lacks.
      (error.code === 'provider-unavailable' ? warnings : to).push(errorLine(error));
      return false;
    }
  };
  if (role === 'vaeEncoder' && !(await works(defects, () => takeMean(model, layout.parts[role]!.file))))
    return;
  const lend = () => addReferenceAttention(model, { sites: 'all', label });
  if (role === 'unet' && lends && !(await works(warnings, lend))) return;
  float32Io(model);
  await works(defects, () => tryOut(model, { folder, label }));
}

interface Findings {
  readonly defects: string[];
  readonly warnings: string[];
  /** Whether self-attention was found. */
  readonly lends: boolean;
}

function memoryOf(
  layout: Layout,
  parts: Parts,
  geometry: Geometry,
  reports: readonly PartReport[],
  attentions: Attentions,
): MemoryEstimate {
  const channels = attentions.map(({ key }) => Math.min(...key.path.weight.tensor.dims.slice(0, 2)));
  return estimateMemory(layout, {
    parameters: reports.reduce((sum, part) => sum + part.parameters, 0),
    batch: parts.unet.io.fixed.batch,
    side: geometry.nativeSize,
    factor: geometry.factor,
    siteChannels: channels,
  });
}
