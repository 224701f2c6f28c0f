/** A LoRA as a file: safetensors under kohya's names, which Retake, diffusers, ComfyUI and the web UIs read. */
import { assert } from '../../../../common/errors.ts';

/** What is added to one layer of a UNet. */
export interface WrittenLayer {
  /** "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q" */
  readonly module: string;
  readonly parts:
    | { readonly down: Matrix; readonly up: Matrix }
    /** All of ΔW, which LyCORIS calls full; diffusers does not read it. */
    | { readonly diff: Matrix };
}

interface Matrix {
  /** (rank, in), (out, rank), (out, in) */
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

const PREFIX = 'lora_unet_';
const FLOAT = 4;
/** The header ends at a multiple of it. */
const ALIGNED = 8;

/** @returns the bytes of the file, in order. @param notes told on in its metadata */
export function loraBytes(
  layers: readonly WrittenLayer[],
  notes: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const tensors = layers.flatMap(({ module, parts }) => {
    const name = PREFIX + module.replaceAll('.', '_');
    if ('diff' in parts) return [{ name: `${name}.diff`, ...parts.diff }];
    const { down, up } = parts;
    assert(up.shape[1] === down.shape[0], 'both factors are of one rank');
    return [
      { name: `${name}.lora_down.weight`, ...down },
      { name: `${name}.lora_up.weight`, ...up },
      // As large as the rank: the factors are used as they are.
      { name: `${name}.alpha`, shape: [], data: Float32Array.of(down.shape[0]) },
    ];
  });
  let end = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const begin = end;
    end += FLOAT * data.length;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  const metadata = { ss_network_module: 'networks.lora', ...notes };
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(Math.ceil(text.length / ALIGNED) * ALIGNED).fill(0x20);
  header.set(text);
  const length = new Uint8Array(ALIGNED);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  const bytes = ({ data }: { readonly data: Float32Array }) =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [length, header, ...tensors.map(bytes)];
}
