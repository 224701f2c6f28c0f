/** Layers of a diffusion network written as ONNX nodes the way PyTorch's exporter writes them, with seeded weights. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { attr, Graph, type Model, Node } from '../../src/main/engine/onnx/ir/graph.ts';
import { type Dim, ELEMENT, float32Tensor, int64Tensor } from '../../src/main/engine/onnx/ir/types.ts';

export class Net {
  readonly graph = new Graph('main_graph');
  readonly half: boolean;
  readonly #random: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number, half: boolean) {
    this.half = half;
    this.#random = xoroshiro128plus(seed);
  }

  /** Element type of the network's floats. */
  get float(): number {
    return this.half ? ELEMENT.float16 : ELEMENT.float32;
  }

  model(): Model {
    return { graph: this.graph, opsets: new Map([['', 17]]), irVersion: 8 };
  }

  input(name: string, dims: readonly Dim[], type = this.float): string {
    this.graph.inputs.push({ name, type, dims });
    return name;
  }

  /** Lets a value leave the graph under a name. */
  output(value: string, name: string, dims: readonly Dim[]): void {
    this.graph.insert(new Node({ op: 'Identity', inputs: [value], outputs: [name], name: `/${name}` }));
    this.graph.outputs.push({ name, type: this.float, dims });
  }

  op(op: string, inputs: readonly string[], attributes = {}, name = op): string {
    return this.graph.addNode(op, inputs, attributes, { name });
  }

  constant(name: string, dims: readonly number[], values: Float32Array): string {
    if (!this.half) return this.graph.addInitializer(float32Tensor(name, dims, values));
    const half = new Float16Array(values);
    const bytes = new Uint8Array(half.buffer, half.byteOffset, half.byteLength);
    return this.graph.addInitializer({ name, dims, type: ELEMENT.float16, data: { kind: 'bytes', bytes } });
  }

  integers(name: string, values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.graph.addInitializer(int64Tensor(name, dims, values));
  }

  /** Uniform weights of the given standard deviation. */
  weight(name: string, dims: readonly number[], deviation: number): string {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const reach = deviation * Math.sqrt(3);
    const values = Float32Array.from({ length: size }, () => (uniformFloat64(this.#random) * 2 - 1) * reach);
    return this.constant(name, dims, values);
  }

  filled(name: string, dims: readonly number[], value: number): string {
    const size = dims.reduce((product, dim) => product * dim, 1);
    return this.constant(name, dims, new Float32Array(size).fill(value));
  }

  conv(x: string, from: number, to: number, path: string, kernel = 3, stride = 1, gain = 1): string {
    const deviation = gain / Math.sqrt(from * kernel * kernel);
    const weight = this.weight(`${path}.weight`, [to, from, kernel, kernel], deviation);
    const bias = this.weight(`${path}.bias`, [to], 0.05);
    const pad = (kernel - 1) / 2;
    const attributes = {
      kernel_shape: attr.ints([kernel, kernel]),
      strides: attr.ints([stride, stride]),
      pads: attr.ints([pad, pad, pad, pad]),
    };
    return this.op('Conv', [x, weight, bias], attributes, `/${path}/Conv`);
  }

  linear(x: string, from: number, to: number, path: string, bias = true): string {
    const weight = this.weight(`onnx::MatMul_${path}`, [from, to], 1 / Math.sqrt(from));
    const product = this.op('MatMul', [x, weight], {}, `/${path}/MatMul`);
    if (!bias) return product;
    return this.op('Add', [this.weight(`${path}.bias`, [to], 0.05), product], {}, `/${path}/Add`);
  }

  /** As exported: instance normalisation of the groups, then scale and shift per channel. */
  groupNorm(x: string, channels: number, path: string, groups = 4): string {
    const split = this.op(
      'Reshape',
      [x, this.integers(`${path}.groups`, [0, groups, -1])],
      {},
      `/${path}/Reshape`,
    );
    const ones = this.filled(`${path}.ones`, [groups], 1);
    const zeros = this.filled(`${path}.zeros`, [groups], 0);
    const attributes = { epsilon: attr.float(1e-5) };
    const normal = this.op(
      'InstanceNormalization',
      [split, ones, zeros],
      attributes,
      `/${path}/InstanceNormalization`,
    );
    const joined = this.op(
      'Reshape',
      [normal, this.op('Shape', [x], {}, `/${path}/Shape`)],
      {},
      `/${path}/Reshape_1`,
    );
    const scaled = this.op(
      'Mul',
      [joined, this.filled(`${path}.scale`, [channels, 1, 1], 1)],
      {},
      `/${path}/Mul`,
    );
    return this.op('Add', [scaled, this.weight(`${path}.shift`, [channels, 1, 1], 0.05)], {}, `/${path}/Add`);
  }

  layerNorm(x: string, channels: number, path: string): string {
    const scale = this.filled(`${path}.weight`, [channels], 1);
    const bias = this.weight(`${path}.bias`, [channels], 0.05);
    return this.op(
      'LayerNormalization',
      [x, scale, bias],
      { axis: attr.int(-1) },
      `/${path}/LayerNormalization`,
    );
  }

  silu(x: string, path: string): string {
    return this.op('Mul', [x, this.op('Sigmoid', [x], {}, `/${path}/Sigmoid`)], {}, `/${path}/Mul`);
  }

  /** Multi-head attention of x to `context` (to itself when they are the same value), without its residual. */
  attention(
    x: string,
    context: string,
    sizes: { channels: number; context: number; heads: number },
    path: string,
  ): string {
    const { channels, heads } = sizes;
    const depth = channels / heads;
    const split = this.integers(`${path}.heads`, [0, -1, heads, depth]);
    const project = (from: string, width: number, name: string, order: number[]) => {
      const flat = this.linear(from, width, channels, `${path}/${name}`, false);
      const folded = this.op('Reshape', [flat, split], {}, `/${path}/Reshape`);
      return this.op('Transpose', [folded], { perm: attr.ints(order) }, `/${path}/Transpose`);
    };
    const q = project(x, channels, 'to_q', [0, 2, 1, 3]);
    const k = project(context, sizes.context, 'to_k', [0, 2, 3, 1]);
    const v = project(context, sizes.context, 'to_v', [0, 2, 1, 3]);
    const scores = this.op('MatMul', [q, k], {}, `/${path}/MatMul`);
    const scale = this.filled(`${path}.scale`, [], 1 / Math.sqrt(depth));
    const scaled = this.op('Mul', [scores, scale], {}, `/${path}/Mul`);
    const shares = this.op('Softmax', [scaled], { axis: attr.int(-1) }, `/${path}/Softmax`);
    const mixed = this.op('MatMul', [shares, v], {}, `/${path}/MatMul_1`);
    const back = this.op('Transpose', [mixed], { perm: attr.ints([0, 2, 1, 3]) }, `/${path}/Transpose_3`);
    const joined = this.op(
      'Reshape',
      [back, this.integers(`${path}.join`, [0, -1, channels])],
      {},
      `/${path}/Reshape_3`,
    );
    return this.linear(joined, channels, channels, `${path}/to_out.0`);
  }

  add(a: string, b: string, path: string): string {
    return this.op('Add', [a, b], {}, `/${path}/Add`);
  }
}
