/** A layer of a LoRA where it lies. */
import type { StoredTensor } from '../../onnx/networks/stored.ts';
import type { LayerName } from './names.ts';

export interface StoredLayer extends LayerName {
  /** As the file calls it. */
  readonly name: string;
  /** Its tensors by what they are: down, up, mid, alpha, hada_w1_a, … */
  readonly parts: ReadonlyMap<string, StoredTensor>;
  /** What the file says of all layers alike, for one without a number of its own. */
  readonly alpha: number | null;
  /** alpha/√rank in place of alpha/rank (rsLoRA, Kalajdzievski 2023). */
  readonly rootOfRank: boolean;
}
