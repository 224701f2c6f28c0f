/** Which layers of a model a LoRA adds to. */
import { AppError } from '../../../../common/errors.ts';
import type { Graph } from '../../onnx/ir/graph.ts';
import { type Layer, layersOf } from '../../onnx/ir/modules.ts';
import type { Addition } from '../../onnx/passes/low-rank.ts';
import { trainersUNetNames, type UNetShape } from '../checkpoints/unet-names.ts';
import { additionOf, Misfit, refuseUnknownKinds } from './delta.ts';
import type { Family } from './family.ts';
import { flat, type Network } from './names.ts';
import type { LoraFile } from './read.ts';
import type { StoredLayer } from './stored-layer.ts';

/** The networks of a model that a LoRA may be made for. */
export interface Networks {
  /** As messages name it. */
  readonly name: string;
  readonly family: Family;
  readonly graphs: Readonly<Partial<Record<Network, Graph>>>;
}

export interface Matched {
  readonly additions: Readonly<Partial<Record<Network, readonly Addition[]>>>;
  /** Layers of the file, as it names them, that the model does not have; and tensors of no layer. */
  readonly unmatched: readonly string[];
}

/** @throws AppError bundle-invalid for a LoRA of another family, of another shape, or of which nothing is in the model */
export function matchLora(lora: LoraFile, model: Networks): Matched {
  refuseUnknownKinds(lora);
  const tables = new Map(
    Object.entries(model.graphs).map(([network, graph]) => [network as Network, tableOf(graph)]),
  );
  const additions: Partial<Record<Network, Addition[]>> = {};
  const unmatched: string[] = [];
  for (const stored of lora.layers) {
    const layer = tables.get(stored.network)?.get(stored.module);
    if (!layer || isOfNorm(stored)) {
      unmatched.push(stored.name);
      continue;
    }
    const mine = additions[stored.network] ?? [];
    additions[stored.network] = mine;
    try {
      mine.push(additionOf(lora.name, stored, layer));
    } catch (error) {
      throw error instanceof Misfit ? misfit(lora, model, error) : error;
    }
  }
  if (unmatched.length === lora.layers.length) throw nothingMatches(lora, model, tables);
  return { additions, unmatched: [...unmatched, ...lora.strays] };
}

/** Norms have no product that a sum could stand beside. */
function isOfNorm({ parts }: StoredLayer): boolean {
  return parts.has('w_norm') || parts.has('b_norm') || parts.has('set_weight');
}

/** By the names that a file may have for a layer: today's and the original trainers'. */
function tableOf(graph: Graph): Map<string, Layer> {
  const layers = layersOf(graph);
  const table = new Map<string, Layer>();
  const trainers = trainersUNetNames(shapeOf(layers));
  for (const layer of layers)
    for (const name of [layer.module, ...trainers(layer.module)]) table.set(flat(name), layer);
  return table;
}

/** Of no blocks for a text encoder, whose names have no other form. */
function shapeOf(layers: readonly Layer[]): UNetShape {
  const count = (pattern: RegExp) =>
    Math.max(0, ...layers.map(({ module }) => Number(pattern.exec(module)?.[1] ?? -1) + 1));
  return { blocks: count(/^down_blocks\.(\d+)\./), layers: count(/^down_blocks\.\d+\.resnets\.(\d+)\./) };
}

const OTHER_LORA = 'Choose a LoRA that was made for this model, or take this one off the list.';

function refused(lora: LoraFile, message: string): AppError {
  return new AppError('bundle-invalid', message, { doing: `adding the LoRA ${lora.name}`, hint: OTHER_LORA });
}

/** "made for Stable Diffusion XL, the model is Stable Diffusion 1"; null where they may be the same. */
function otherFamily({ name, family }: LoraFile, model: Networks): string | null {
  if (family === null || family === model.family) return null;
  const other = model.family === null ? `which ${model.name} is not` : `${model.name} is ${model.family}`;
  return `${name} was made for ${family}, ${other}`;
}

function misfit(lora: LoraFile, model: Networks, { message }: Misfit): AppError {
  return refused(lora, otherFamily(lora, model) ?? `${lora.name} does not fit ${model.name}: ${message}`);
}

function nothingMatches(
  lora: LoraFile,
  model: Networks,
  tables: ReadonlyMap<Network, Map<string, Layer>>,
): AppError {
  if ([...tables.values()].every(({ size }) => size === 0))
    return new AppError(
      'bundle-invalid',
      `the layers of ${model.name} have no names that a LoRA could be told by`,
      {
        doing: `adding the LoRA ${lora.name}`,
        hint: 'Use the model as .safetensors, or export it again with optimum-cli export onnx, without optimising it.',
      },
    );
  const count = lora.layers.length;
  return refused(
    lora,
    otherFamily(lora, model) ??
      `none of the ${count} layers of ${lora.name} is in ${model.name} (its first is ${lora.layers[0]!.name})`,
  );
}
