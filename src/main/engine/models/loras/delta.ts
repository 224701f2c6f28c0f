/** What a layer of a LoRA adds to a layer of a network, its numbers read and checked. */
import { AppError } from '../../../../common/errors.ts';
import type { Layer } from '../../onnx/ir/modules.ts';
import { ELEMENT, elementName, type Tensor } from '../../onnx/ir/types.ts';
import type { StoredTensor } from '../../onnx/networks/stored.ts';
import type { Addition, Delta, Factors, Matrix } from '../../onnx/passes/low-rank.ts';
import { bytesOf, floatsOf } from '../../onnx/safetensors/values.ts';
import type { LoraFile } from './read.ts';
import type { StoredLayer } from './stored-layer.ts';

/** A layer that has another shape than the network's. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
}

/** Kinds of which a layer may be, by a part that only they have. Those with a reason are not opened. */
const UNKNOWN_KINDS: readonly (readonly [RegExp, string])[] = [
  [/^dora_scale$/, 'a DoRA (dora_scale), which scales the weights themselves'],
  [/^b?oft_/, 'an OFT (oft_blocks), which turns the weights themselves'],
  [/^glora_/, 'a GLoRA'],
  [/^on_input$/, 'an (IA)³'],
];

/** @throws AppError bundle-invalid for a file of a kind that cannot be added beside the weights */
export function refuseUnknownKinds({ name, layers }: Pick<LoraFile, 'name' | 'layers'>): void {
  for (const layer of layers) {
    for (const [pattern, kind] of UNKNOWN_KINDS) {
      if (![...layer.parts.keys()].some((part) => pattern.test(part))) continue;
      throw new AppError('bundle-invalid', `${name} is ${kind}: Retake does not know these`, {
        doing: `reading the LoRA ${name}`,
        hint: 'Use a LoRA, LoCon, LoHa or LoKr; the program that trained it can often save it as one.',
      });
    }
  }
}

const DAMAGED = 'The file is damaged, or its training failed. Use another copy, or another LoRA.';

/**
 * @param name of the file
 * @throws Misfit where the shapes are another network's; AppError bundle-invalid, not-finite naming the layer that is broken
 */
export function additionOf(name: string, stored: StoredLayer, layer: Layer): Addition {
  return new StoredDelta(name, stored, layer).read();
}

class StoredDelta {
  readonly #name: string;
  readonly #stored: StoredLayer;
  readonly #layer: Layer;

  constructor(name: string, stored: StoredLayer, layer: Layer) {
    this.#name = name;
    this.#stored = stored;
    this.#layer = layer;
  }

  read(): Addition {
    const { module } = this.#layer;
    const { delta, rank } = this.#delta();
    return { module, delta, scale: this.#scale(rank) };
  }

  /** Rank is null where nothing was taken apart, so that alpha means nothing. */
  #delta(): { readonly delta: Delta; readonly rank: number | null } {
    const { parts } = this.#stored;
    const has = (part: string) => parts.has(part);
    if (has('down') || has('up')) return this.#lowRank();
    if (has('hada_w1_a')) return this.#hadamard();
    if (has('lokr_w1') || has('lokr_w1_a')) return this.#kronecker();
    if (has('diff') || has('diff_b')) return this.#full();
    throw this.#refuse(`holds ${[...parts.keys()].join(', ')} alone`);
  }

  #lowRank() {
    const { from, to, kernel } = this.#layer;
    const [down, up] = [this.#take('down'), this.#take('up')];
    const mid = this.#stored.parts.has('mid') ? this.#take('mid') : null;
    const rank = this.#rank(down.dims[0]);
    const side = (kernel ?? [1, 1]).reduce((product, size) => product * size, 1);
    this.#fits(down, rank * from * (mid ? 1 : side));
    if (mid) {
      this.#rank(mid.dims[0]);
      this.#fits(mid, mid.dims[0]! * rank * side);
      if (kernel === null) throw this.#refuse('has a middle part, as only convolutions have');
    }
    this.#fits(up, to * (mid?.dims[0] ?? rank));
    const flat = { ...up, dims: [to, mid?.dims[0] ?? rank] };
    return { delta: { kind: 'low-rank', down, mid, up: flat }, rank } as const;
  }

  #hadamard() {
    const factors = [this.#factors('hada_w1', 'hada_t1'), this.#factors('hada_w2', 'hada_t2')] as const;
    for (const one of factors) this.#fitsWhole(productSize(one));
    return { delta: { kind: 'hadamard', factors }, rank: this.#rank(factors[0].b.dims[0]) } as const;
  }

  #kronecker() {
    const { from, to, kernel } = this.#layer;
    const left = this.#matrix('lokr_w1', null);
    const right = this.#matrix('lokr_w2', 'lokr_t2');
    const [rows, columns] = 'a' in left ? [left.a.dims[0]!, left.b.dims[1]!] : left.dims;
    this.#fitsWhole(
      elements({ dims: [rows!, columns!] }) * ('a' in right ? productSize(right) : elements(right)),
    );
    if (to % rows! !== 0 || from % columns! !== 0) throw this.#misfit([rows!, columns!]);
    const inner = 'a' in right && right.core === null && kernel !== null;
    // A product of matrices holds the kernel in its columns.
    if (inner)
      this.#fits({ dims: right.b.dims }, right.b.dims[0]! * (from / columns!) * kernel[0] * kernel[1]);
    const rank = 'a' in right ? right.b.dims[0]! : 'a' in left ? left.b.dims[0]! : null;
    return { delta: { kind: 'kronecker', left, right }, rank } as const;
  }

  #full() {
    const { parts } = this.#stored;
    const [weight, bias] = ['diff', 'diff_b'].map((part) => (parts.has(part) ? this.#take(part) : null));
    if (weight) this.#fitsWhole(elements(weight));
    if (bias) this.#fits(bias, this.#layer.to);
    return { delta: { kind: 'full', weight: weight ?? null, bias: bias ?? null }, rank: null } as const;
  }

  #matrix(part: string, core: string | null): Matrix {
    return this.#stored.parts.has(part) ? this.#take(part) : this.#factors(part, core);
  }

  #factors(part: string, core: string | null): Factors {
    const [a, b] = [this.#take(`${part}_a`), this.#take(`${part}_b`)];
    const middle = core !== null && this.#stored.parts.has(core) ? this.#take(core) : null;
    const rank = this.#rank(b.dims[0]);
    const joined = middle ? a.dims[0] === middle.dims[0] && middle.dims[1] === rank : a.dims[1] === rank;
    if (!joined || a.dims.length !== 2) throw this.#refuse(`${part}: its matrices do not go together`);
    return { a, b: middle ? b : { ...b, dims: [rank, elements(b) / rank] }, core: middle };
  }

  #rank(rank: number | undefined): number {
    if (rank !== undefined && rank > 0) return rank;
    throw this.#refuse('has rank 0');
  }

  #scale(rank: number | null): number {
    const { parts, alpha: noted, rootOfRank } = this.#stored;
    const stored = parts.get('alpha');
    const alpha = stored ? this.#number(stored) : noted;
    if (rank === null || alpha === null) return 1;
    if (alpha === 0 || !Number.isFinite(alpha)) throw this.#refuse(`has the alpha ${alpha}`);
    return alpha / (rootOfRank ? Math.sqrt(rank) : rank);
  }

  #number(tensor: StoredTensor): number {
    if (elements(tensor) === 1) return floatsOf(tensor)[0]!;
    throw this.#refuse(`has an alpha of shape [${tensor.dims}]`);
  }

  #take(part: string): Tensor {
    const stored = this.#stored.parts.get(part);
    if (!stored) throw this.#refuse(`has no ${part}`);
    const { type, dims } = stored;
    const bytes = bytesOf(stored, this.#doing);
    if (!FINITE[type]) throw this.#refuse(`holds ${elementName(type)} numbers`);
    if (!FINITE[type](bytes)) throw this.#broken(part);
    return { name: part, dims, type, data: { kind: 'bytes', bytes } };
  }

  #fits(tensor: Pick<Tensor, 'dims'>, wanted: number): void {
    if (elements(tensor) !== wanted) throw this.#misfit(tensor.dims);
  }

  #fitsWhole(size: number): void {
    const { from, to, kernel } = this.#layer;
    if (size !== elements({ dims: [to, from, ...(kernel ?? [])] })) throw this.#misfit([size]);
  }

  #misfit(dims: readonly number[]): Misfit {
    const { from, to, kernel } = this.#layer;
    const shape = `[${[to, from, ...(kernel ?? [])].join(', ')}]`;
    return new Misfit(
      `its layer ${this.#stored.name} has [${dims.join(', ')}], which does not go with the model's ${shape}`,
    );
  }

  get #doing(): string {
    return `reading the LoRA ${this.#name}`;
  }

  #refuse(what: string): AppError {
    const message = `the layer ${this.#stored.name} of ${this.#name} ${what}`;
    return new AppError('bundle-invalid', message, { doing: this.#doing, hint: DAMAGED });
  }

  #broken(part: string): AppError {
    const message = `the layer ${this.#stored.name} of ${this.#name} holds numbers that are none (NaN or infinite) in ${part}`;
    return new AppError('not-finite', message, { doing: this.#doing, hint: DAMAGED });
  }
}

function elements({ dims }: Pick<Tensor, 'dims'>): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Elements of the product. */
function productSize({ a, b, core }: Factors): number {
  if (core === null) return a.dims[0]! * b.dims[1]!;
  return a.dims[1]! * b.dims[1]! * core.dims.slice(2).reduce((product, dim) => product * dim, 1);
}

/** Whether all numbers are finite, by element type: of a number that is none all bits of the exponent are set. */
const FINITE: Readonly<Record<number, (bytes: Uint8Array) => boolean>> = {
  [ELEMENT.float32]: (bytes) => allBelow(new Uint32Array(aligned(bytes)), 0x7f800000),
  [ELEMENT.float16]: (bytes) => allBelow(new Uint16Array(aligned(bytes)), 0x7c00),
  [ELEMENT.bfloat16]: (bytes) => allBelow(new Uint16Array(aligned(bytes)), 0x7f80),
};

function aligned({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

function allBelow(words: Uint16Array | Uint32Array, exponent: number): boolean {
  for (const word of words) if ((word & exponent) === exponent) return false;
  return true;
}
