/** Weights of a network where they lie, by the names that diffusers and transformers give them today. */

export interface StoredTensor {
  /** Number of the element type as ONNX counts them (ELEMENT). */
  readonly type: number;
  readonly dims: readonly number[];
  /** Real path. */
  readonly file: string;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
  /** A matrix that lies as (in, out), where the modules have (out, in). */
  readonly transposed?: boolean;
}

/**
 * One network's weights. However the file calls its tensors, here they have today's names: mappings of older and of the
 * original trainers' names implement this over the file's own.
 */
export interface StoredWeights {
  /** As messages name it: "sd15.safetensors", "unet of sd1-folder". */
  readonly label: string;
  readonly names: readonly string[];
  /** @param wanted shape that a network needs it in; files know their own */
  get(name: string, wanted?: readonly number[]): StoredTensor | undefined;
}
