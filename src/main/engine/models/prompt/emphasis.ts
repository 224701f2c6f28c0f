/** What the weight of a word does: arithmetic over the hidden states of one chunk, (tokens, dim). */

/**
 * A1111's (modules/sd_emphasis.py, EmphasisOriginal): the states of each token times its weight, then all times what brings
 * their mean back to what it was. A mean of zero stays: nothing brings it back.
 * @param weights one a token
 */
export function multiplied(hidden: Float32Array, weights: Float64Array): Float32Array {
  const dim = hidden.length / weights.length;
  const weighted = new Float64Array(hidden).map((value, i) => value * weights[Math.floor(i / dim)]!);
  const ratio = sumOf(hidden) / sumOf(weighted);
  return new Float32Array(weighted.map((value) => value * (Number.isFinite(ratio) ? ratio : 1)));
}

/**
 * ComfyUI's (comfy/sd1_clip.py, encode_token_weights): from the state of the empty prompt to the prompt's, by weight.
 * @param empty of the empty prompt, of the same shape
 */
export function interpolated(hidden: Float32Array, empty: Float32Array, weights: Float64Array): Float32Array {
  const dim = hidden.length / weights.length;
  return hidden.map((value, i) => {
    const weight = weights[Math.floor(i / dim)]!;
    // Words of weight 1 keep their bits.
    return weight === 1 ? value : (value - empty[i]!) * weight + empty[i]!;
  });
}

function sumOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
