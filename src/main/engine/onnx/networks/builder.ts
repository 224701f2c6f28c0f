/** Writes a network as a graph of standard operators whose weights stay in the artist's own files. Long, since all layers share its weights, constants and names. */
import { AppError } from '../../../../common/errors.ts';
import { type Attribute, attr, Graph, type Model } from '../ir/graph.ts';
import { type Dim, ELEMENT, float32Tensor, int64Tensor } from '../ir/types.ts';
import { commonFolder, locationIn } from '../weights.ts';
import type { StoredTensor, StoredWeights } from './stored.ts';

const OPSET = 17;
const IR_VERSION = 8;
/** The runtime knows them in later operator sets only, and looks no rows up in them. */
const FLOAT8: readonly number[] = [ELEMENT.float8e4m3fn, ELEMENT.float8e5m2, ELEMENT.float8e8m0];

/** A graph over files, as a session takes it. */
export interface WrittenNetwork {
  readonly model: Model;
  /** The smallest folder that holds the files; locations are relative to it. */
  readonly folder: string;
  /** Real paths of the files that hold weights. */
  readonly files: readonly string[];
}

/** A value of the graph, by name. */
export type Value = string;

/**
 * Layers of PyTorch's modules as ONNX nodes. A node of the module "down_blocks.0.resnets.0.conv1" is named
 * "/down_blocks.0.resnets.0.conv1/Conv", so that whoever looks for a layer finds it by its module. All computes in float32;
 * weights of another type stand behind a Cast, which the runtime folds when it loads them.
 */
export class NetworkBuilder {
  readonly graph: Graph;
  readonly #weights: StoredWeights;
  readonly #folder: string;
  readonly #files = new Set<string>();
  readonly #used = new Set<string>();
  readonly #made = new Map<string, Value>();
  readonly #doing: string;

  /** @throws AppError bundle-invalid where the files have no folder in common */
  constructor(name: string, weights: StoredWeights) {
    this.graph = new Graph(name);
    this.#weights = weights;
    this.#doing = `reading ${weights.label}`;
    const narrow = weights.names.find((one) => FLOAT8.includes(weights.get(one)!.type));
    if (narrow !== undefined)
      throw this.refusal(
        `its weights are float8 (${narrow}), which the runtime does not compute with`,
        'Take its float16 or float32 form.',
      );
    const files = new Set(weights.names.map((one) => weights.get(one)!.file));
    this.#folder = commonFolder([...files], this.#doing);
  }

  input(name: string, type: number, dims: readonly Dim[]): Value {
    this.graph.inputs.push({ name, type, dims });
    return name;
  }

  output(name: string, value: Value, dims: readonly Dim[], type: number = ELEMENT.float32): void {
    this.node('Identity', [value], {}, { outputs: [name] });
    this.graph.outputs.push({ name, type, dims });
  }

  node(
    op: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: {
      readonly module?: string;
      readonly outputs?: readonly string[];
      readonly domain?: string;
    } = {},
  ): Value {
    const { module, ...rest } = options;
    return this.graph.addNode(op, inputs, attributes, { ...rest, name: module ? `/${module}/${op}` : op });
  }

  has(name: string): boolean {
    return this.#weights.get(name) !== undefined;
  }

  /** @throws AppError bundle-invalid naming a weight that is missing */
  stored(name: string, wanted?: readonly number[]): StoredTensor {
    const found = this.#weights.get(name, wanted);
    if (found) return found;
    throw this.refusal(
      `the weight ${name} is missing`,
      'The file is incomplete or of another kind; download it again.',
    );
  }

  /**
   * A weight as float32.
   * @param dims as the module has it; the file may have them otherwise grouped (1×1 convolutions for matrices)
   * @throws AppError bundle-invalid naming a weight that is missing or of another shape
   */
  weight(name: string, dims: readonly number[]): Value {
    const { value, type } = this.#stored(name, dims);
    if (type === ELEMENT.float32) return value;
    return this.#once(`widened ${value}`, () => this.#widened(value, name));
  }

  /** A weight as the file has it, in its own element type. */
  #stored(name: string, dims: readonly number[]): { readonly value: Value; readonly type: number } {
    const tensor = this.stored(name, dims);
    const held = tensor.transposed ? [...dims].reverse() : dims;
    if (withoutOnes(tensor.dims) !== withoutOnes(held)) {
      const found = `the weight ${name} has shape [${tensor.dims}], this network needs [${held}]`;
      throw this.refusal(found, 'It belongs to another model, or its configuration does.');
    }
    this.#used.add(name);
    this.#files.add(tensor.file);
    const { type, file, offset, length } = tensor;
    const value = this.#once(`stored ${name} ${held}`, () => {
      const location = locationIn(this.#folder, file, this.#doing);
      return this.graph.addInitializer({
        name,
        dims: held,
        type,
        data: { kind: 'external', location, offset, length },
      });
    });
    return { value, type };
  }

  #widened(value: Value, module: string): Value {
    return this.node('Cast', [value], { to: attr.int(ELEMENT.float32) }, { module });
  }

  /** Small constants, each once. */
  ints(...values: readonly number[]): Value {
    const key = `ints ${values}`;
    return this.#once(key, () => this.graph.addInitializer(int64Tensor('ints', [values.length], values)));
  }

  floats(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    const key = `floats ${values} ${dims}`;
    const make = () => this.graph.addInitializer(float32Tensor('floats', dims, Float32Array.from(values)));
    return this.#once(key, make);
  }

  /** Without dimensions. */
  integer(value: number): Value {
    return this.#once(`integer ${value}`, () =>
      this.graph.addInitializer(int64Tensor('integer', [], [value])),
    );
  }

  scalar(value: number): Value {
    return this.floats([value], []);
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#made.get(key) ?? make();
    this.#made.set(key, known);
    return known;
  }

  add(a: Value, b: Value): Value {
    return this.node('Add', [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.node('Mul', [a, b]);
  }

  /** @param shape 0 keeps a side, -1 takes what is left */
  reshape(x: Value, ...shape: readonly number[]): Value {
    return this.node('Reshape', [x, this.ints(...shape)]);
  }

  transpose(x: Value, ...perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm: attr.ints(perm) });
  }

  concat(parts: readonly Value[], axis: number): Value {
    return this.node('Concat', parts, { axis: attr.int(axis) });
  }

  /** Equal parts along an axis. */
  split(x: Value, parts: number, axis: number): Value[] {
    const outputs = Array.from({ length: parts }, () => this.graph.unique('Split_out'));
    this.node('Split', [x], { axis: attr.int(axis) }, { outputs });
    return outputs;
  }

  /** Rows of a table, [count, width], by their numbers. They are widened only after they were taken. */
  embedding(
    module: string,
    ids: Value,
    { count, width }: { readonly count: number; readonly width: number },
  ): Value {
    const { value, type } = this.#stored(`${module}.weight`, [count, width]);
    const rows = this.node('Gather', [value, ids], {}, { module });
    return type === ELEMENT.float32 ? rows : this.#widened(rows, module);
  }

  /** x·Wᵀ + b over the last axis. The matrix lies in the file as (out, in), so it is transposed in the graph. */
  linear(
    module: string,
    x: Value,
    channels: { readonly from: number; readonly to: number },
    bias = this.has(`${module}.bias`),
  ): Value {
    const { from, to } = channels;
    const weight = `${module}.weight`;
    const matrix = this.weight(weight, [to, from]);
    const right = this.stored(weight).transposed
      ? matrix
      : this.node('Transpose', [matrix], { perm: attr.ints([1, 0]) }, { module: weight });
    const product = this.node('MatMul', [x, right], {}, { module });
    return bias ? this.node('Add', [product, this.weight(`${module}.bias`, [to])], {}, { module }) : product;
  }

  /** @param options.pads top, left, bottom, right; on all sides what keeps the size, unless given */
  conv2d(
    module: string,
    x: Value,
    channels: { readonly from: number; readonly to: number },
    options: {
      readonly kernel: number;
      readonly stride?: number;
      readonly pads?: readonly number[];
      readonly bias?: boolean;
    },
  ): Value {
    const { kernel, stride = 1, bias = this.has(`${module}.bias`) } = options;
    const same = (kernel - 1) >> 1;
    const { pads = [same, same, same, same] } = options;
    const weight = this.weight(`${module}.weight`, [channels.to, channels.from, kernel, kernel]);
    const inputs = bias ? [x, weight, this.weight(`${module}.bias`, [channels.to])] : [x, weight];
    const attributes = {
      kernel_shape: attr.ints([kernel, kernel]),
      strides: attr.ints([stride, stride]),
      pads: attr.ints(pads),
    };
    return this.node('Conv', inputs, attributes, { module });
  }

  /** Over [B, C, h, w]. Written as exporters write it: opset 17 has no operator for it. */
  groupNorm(
    module: string,
    x: Value,
    channels: number,
    { groups, eps }: { readonly groups: number; readonly eps: number },
  ): Value {
    const ones = this.floats(Array<number>(groups).fill(1));
    const zeros = this.floats(Array<number>(groups).fill(0));
    const grouped = this.reshape(x, 0, groups, -1);
    const normed = this.node(
      'InstanceNormalization',
      [grouped, ones, zeros],
      { epsilon: attr.float(eps) },
      { module },
    );
    const back = this.node('Reshape', [normed, this.node('Shape', [x])]);
    const scaled = this.mul(back, this.weight(`${module}.weight`, [channels, 1, 1]));
    return this.add(scaled, this.weight(`${module}.bias`, [channels, 1, 1]));
  }

  layerNorm(module: string, x: Value, channels: number, eps = 1e-5): Value {
    const inputs = [
      x,
      this.weight(`${module}.weight`, [channels]),
      this.weight(`${module}.bias`, [channels]),
    ];
    return this.node(
      'LayerNormalization',
      inputs,
      { axis: attr.int(-1), epsilon: attr.float(eps) },
      { module },
    );
  }

  silu(x: Value): Value {
    return this.mul(x, this.node('Sigmoid', [x]));
  }

  /** x·σ(1.702x), CLIP's. */
  quickGelu(x: Value): Value {
    return this.mul(x, this.node('Sigmoid', [this.mul(x, this.scalar(1.702))]));
  }

  /** x·Φ(x), by the error function. */
  gelu(x: Value): Value {
    const erf = this.node('Erf', [this.mul(x, this.scalar(Math.SQRT1_2))]);
    return this.mul(this.mul(x, this.scalar(0.5)), this.add(erf, this.scalar(1)));
  }

  /**
   * softmax(Q·Kᵀ/√d)·V of projected tokens [B, N, C], heads along the channels.
   * @param mask added to the scores, broadcast over batch and heads
   */
  attention(
    module: string,
    { query, key, value }: Readonly<Record<'query' | 'key' | 'value', Value>>,
    { channels, heads, mask }: { readonly channels: number; readonly heads: number; readonly mask?: Value },
  ): Value {
    const size = channels / heads;
    const split = (x: Value) => this.reshape(x, 0, -1, heads, size);
    const keys = this.node('Transpose', [split(key)], { perm: attr.ints([0, 2, 3, 1]) }, { module });
    const product = this.node('MatMul', [this.transpose(split(query), 0, 2, 1, 3), keys], {}, { module });
    const scaled = this.mul(product, this.scalar(1 / Math.sqrt(size)));
    const scores = mask === undefined ? scaled : this.add(scaled, mask);
    const shares = this.node('Softmax', [scores], { axis: attr.int(-1) }, { module });
    const mixed = this.node('MatMul', [shares, this.transpose(split(value), 0, 2, 1, 3)], {}, { module });
    return this.reshape(this.transpose(mixed, 0, 2, 1, 3), 0, -1, channels);
  }

  /** Twice the height and width, every element four times. */
  upsample2x(x: Value): Value {
    return this.node('Resize', [x, '', this.floats([1, 1, 2, 2])], {
      mode: attr.string('nearest'),
      coordinate_transformation_mode: attr.string('asymmetric'),
      nearest_mode: attr.string('floor'),
    });
  }

  refusal(message: string, hint: string): AppError {
    return new AppError('bundle-invalid', message, { doing: this.#doing, hint });
  }

  /**
   * @param known whether a weight that nothing here reads may be there all the same
   * @throws AppError bundle-invalid naming a weight that is left over: it means another architecture
   */
  finish(known: (name: string) => boolean = () => false): WrittenNetwork {
    const [odd, ...more] = this.#weights.names.filter((name) => !this.#used.has(name) && !known(name));
    if (odd !== undefined) {
      const others = more.length > 0 ? ` and ${more.length} more` : '';
      throw this.refusal(
        `nothing in this network reads the weight ${odd}${others}`,
        'It is of a kind Retake does not know; use another model.',
      );
    }
    const opsets = new Map([['', OPSET]]);
    return {
      model: { graph: this.graph, opsets, irVersion: IR_VERSION },
      folder: this.#folder,
      files: [...this.#files],
    };
  }
}

/** A shape without its sides of one: matrices lie in older files as 1×1 convolutions, and the bytes are the same. */
function withoutOnes(dims: readonly number[]): string {
  return dims.filter((dim) => dim !== 1).join('×');
}
