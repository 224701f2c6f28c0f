/** LoRAs of every kind with seeded numbers, written as trainers write them, and the same added to the weights, by plain loops. */
import { join } from 'node:path';
import { weightOf } from '../../src/main/engine/onnx/ir/constants.ts';
import type { Graph } from '../../src/main/engine/onnx/ir/graph.ts';
import { type Layer, layersOf } from '../../src/main/engine/onnx/ir/modules.ts';
import { float32Tensor, type Tensor } from '../../src/main/engine/onnx/ir/types.ts';
import { floatsOf } from '../../src/main/engine/onnx/safetensors/values.ts';
import type { LoadedGraph } from '../../src/main/engine/onnx/slim.ts';
import { float32Test, type TestTensor, writeSafetensors } from './safetensors-files.ts';

export type LoraKind = 'lora' | 'tucker' | 'loha' | 'lokr' | 'lokr-factored' | 'diff';

/** Numbers of (…dims), row-major. */
interface Matrix {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

interface Made {
  /** By the end of their names: "lora_down.weight". */
  readonly parts: Readonly<Record<string, Matrix>>;
  readonly alpha: number;
  /** ΔW at strength 1, (out, in·kh·kw), and what is added to the bias. */
  readonly delta: Float32Array;
}

export interface MadeLora {
  readonly layer: Layer;
  readonly made: Made;
}

/** A number generator of its own: 0..1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** (n, k)·(k, m) */
function product(a: Matrix, b: Matrix): Matrix {
  const [n, k, m] = [a.dims[0]!, a.dims[1]!, b.data.length / b.dims[0]!];
  const data = new Float32Array(n * m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a.data[i * k + l]! * b.data[l * m + j]!;
      data[i * m + j] = sum;
    }
  return { dims: [n, m], data };
}

function makerOf(seed: number, layer: Layer) {
  const next = random(seed);
  const { from, to, kernel } = layer;
  const side = kernel ? kernel[0] * kernel[1] : 1;
  const size = kernel ?? [];
  const matrix = (...dims: number[]): Matrix => ({
    dims,
    data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (next() - 0.5) * 0.6),
  });
  const scaled = (data: Float32Array, by: number) => data.map((value) => value * by);
  const makers: Readonly<Record<LoraKind, () => Made>> = {
    lora() {
      const [rank, alpha] = [2 + (seed % 3), 1.5];
      const [down, up] = [matrix(rank, from, ...size), matrix(to, rank, ...size.map(() => 1))];
      const delta = scaled(
        product({ ...up, dims: [to, rank] }, { ...down, dims: [rank, from * side] }).data,
        alpha / rank,
      );
      return { parts: { 'lora_down.weight': down, 'lora_up.weight': up }, alpha, delta };
    },
    tucker() {
      if (!kernel) return makers.lora();
      const [rank, alpha] = [3, 2];
      const [down, mid, up] = [matrix(rank, from, 1, 1), matrix(rank, rank, ...size), matrix(to, rank, 1, 1)];
      const delta = new Float32Array(to * from * side);
      for (let o = 0; o < to; o++)
        for (let i = 0; i < from; i++)
          for (let k = 0; k < side; k++)
            for (let p = 0; p < rank; p++)
              for (let q = 0; q < rank; q++)
                delta[(o * from + i) * side + k]! +=
                  (alpha / rank) *
                  up.data[o * rank + p]! *
                  mid.data[(p * rank + q) * side + k]! *
                  down.data[q * from + i]!;
      return {
        parts: { 'lora_down.weight': down, 'lora_mid.weight': mid, 'lora_up.weight': up },
        alpha,
        delta,
      };
    },
    loha() {
      const [rank, alpha] = [2, 1];
      const [a, b, c, d] = [
        matrix(to, rank),
        matrix(rank, from * side),
        matrix(to, rank),
        matrix(rank, from * side),
      ] as const;
      const [one, other] = [product(a, b).data, product(c, d).data];
      return {
        parts: { hada_w1_a: a, hada_w1_b: b, hada_w2_a: c, hada_w2_b: d },
        alpha,
        delta: one.map((value, i) => (value * other[i]! * alpha) / rank),
      };
    },
    lokr() {
      const [rows, columns] = [2, 2];
      const [w1, w2] = [matrix(rows, columns), matrix(to / rows, from / columns, ...size)];
      return { parts: { lokr_w1: w1, lokr_w2: w2 }, alpha: 7, delta: kronecker(w1, w2, side) };
    },
    'lokr-factored'() {
      const [rank, alpha] = [2, 1];
      const w1 = matrix(2, 2);
      const [a, b] = [matrix(to / 2, rank), matrix(rank, (from / 2) * side)];
      const w2 = { dims: [to / 2, from / 2, ...size], data: product(a, b).data };
      return {
        parts: { lokr_w1: w1, lokr_w2_a: a, lokr_w2_b: b },
        alpha,
        delta: scaled(kronecker(w1, w2, side), alpha / rank),
      };
    },
    diff() {
      const diff = matrix(to, from, ...size);
      return { parts: { diff }, alpha: 3, delta: diff.data };
    },
  };
  return makers;
}

/** (r·n, c·m·k) of (r, c) and (n, m, k). */
function kronecker(left: Matrix, right: Matrix, side: number): Float32Array {
  const [rows, columns] = left.dims as [number, number];
  const [inner, across] = right.dims as [number, number];
  const all = new Float32Array(left.data.length * right.data.length);
  for (let r = 0; r < rows; r++)
    for (let n = 0; n < inner; n++)
      for (let c = 0; c < columns; c++)
        for (let m = 0; m < across; m++)
          for (let k = 0; k < side; k++)
            all[((r * inner + n) * columns * across + c * across + m) * side + k] =
              left.data[r * columns + c]! * right.data[(n * across + m) * side + k]!;
  return all;
}

/** One for each layer that `kinds` names, in the order of the graph. Sides are even. */
export function makeLora(
  graph: Graph,
  seed: number,
  kindOf: (layer: Layer, index: number) => LoraKind | null,
): readonly MadeLora[] {
  return layersOf(graph).flatMap((layer, index) => {
    const kind = kindOf(layer, index);
    return kind === null ? [] : [{ layer, made: makerOf(seed * 1000 + index, layer)[kind]() }];
  });
}

const KOHYA = { unet: 'lora_unet_', text: 'lora_te_text_model_' } as const;
const DIFFUSERS = { unet: 'unet.', text: 'text_encoder.text_model.' } as const;
const PEFT: Readonly<Record<string, string>> = {
  'lora_down.weight': 'lora_A.weight',
  'lora_up.weight': 'lora_B.weight',
};

export interface LoraFileOf {
  readonly unet?: readonly MadeLora[];
  readonly text?: readonly MadeLora[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** Tensors beside, or in place of others. */
  readonly more?: Readonly<Record<string, TestTensor>>;
}

/** Names without dots, an alpha beside each layer. */
export function writeKohya(file: string, { metadata, more, ...networks }: LoraFileOf): string {
  const tensors: Record<string, TestTensor> = {};
  for (const network of ['unet', 'text'] as const)
    for (const { layer, made } of networks[network] ?? []) {
      const name = KOHYA[network] + layer.module.replaceAll('.', '_');
      for (const [part, { dims, data }] of Object.entries(made.parts))
        tensors[`${name}.${part}`] = float32Test(dims, [...data]);
      tensors[`${name}.alpha`] = float32Test([], [made.alpha]);
    }
  return writeSafetensors(file, { ...tensors, ...more }, metadata);
}

/** Names with dots; alphas lie in the notes, one for all and those that differ by their layer. */
export function writePeft(file: string, { metadata, more, ...networks }: LoraFileOf): string {
  const tensors: Record<string, TestTensor> = {};
  const notes: Record<string, unknown> = {};
  for (const network of ['unet', 'text'] as const) {
    const prefix = DIFFUSERS[network];
    const folder = prefix.replace(/\..*/, '');
    const alphas = (networks[network] ?? []).map(({ layer, made }) => [layer.module, made.alpha]);
    notes[`${folder}.lora_alpha`] = 123;
    notes[`${folder}.alpha_pattern`] = Object.fromEntries(alphas);
    for (const { layer, made } of networks[network] ?? [])
      for (const [part, { dims, data }] of Object.entries(made.parts))
        tensors[`${prefix}${layer.module}.${PEFT[part] ?? part}`] = float32Test(dims, [...data]);
  }
  const all = { ...metadata, lora_adapter_metadata: JSON.stringify(notes) };
  return writeSafetensors(file, { ...tensors, ...more }, all);
}

/** Adds `strength` times each delta to the weights of a graph that was loaded. */
export function merge(
  { model: { graph }, folder }: Pick<LoadedGraph, 'model' | 'folder'>,
  loras: readonly MadeLora[],
  strength: number,
): void {
  const own = new Map(layersOf(graph).map((layer) => [layer.module, layer]));
  for (const { layer, made } of loras) {
    const { node, to } = own.get(layer.module)!;
    const { tensor } = weightOf(graph, node.inputs[1]!)!;
    const transposed = node.op === 'MatMul' || (node.op === 'Gemm' && node.int('transB', 0) === 0);
    const values = floatsIn(tensor, folder);
    const across = made.delta.length / to;
    made.delta.forEach((value, at) => {
      const [row, column] = [Math.floor(at / across), at % across];
      values[transposed ? column * to + row : at]! += strength * value;
    });
    graph.setInput(node, 1, graph.addInitializer(float32Tensor('merged', tensor.dims, values)));
  }
}

function floatsIn({ data, dims, type }: Tensor, folder: string): Float32Array {
  if (data.kind === 'bytes') return new Float32Array(data.bytes.slice().buffer);
  if (data.kind !== 'external') throw new Error('weights of this form are not read here');
  const { location, offset, length } = data;
  return floatsOf({ type, dims, file: join(folder, location), offset, length: length! });
}
