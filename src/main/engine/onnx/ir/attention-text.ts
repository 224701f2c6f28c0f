/**
 * softmax(Q·Kᵀ/√D)·V as exporters write it out, as lines of a graph's text (text.ts): makes `attended` [B, N, H·D] of `q` [B, N, H·D],
 * `k` and `v` [B, M, H·D].
 * @param heads H
 * @param width D
 */
export function attentionText(heads: number, width: number): string {
  return `int64[4] parted = {0, -1, ${heads}, ${width}}
    int64[3] joined = {0, -1, ${heads * width}}
    float32[] scale = {${(1 / Math.sqrt(width)).toFixed(9)}}
    q3 = Reshape(q, parted)
    k3 = Reshape(k, parted)
    v3 = Reshape(v, parted)
    q4 = Transpose<perm = [0, 2, 1, 3]>(q3)
    k4 = Transpose<perm = [0, 2, 3, 1]>(k3)
    v4 = Transpose<perm = [0, 2, 1, 3]>(v3)
    scores = MatMul(q4, k4)
    scaled = Mul(scores, scale)
    shares = Softmax<axis = -1>(scaled)
    seen = MatMul(shares, v4)
    turned = Transpose<perm = [0, 2, 1, 3]>(seen)
    attended = Reshape(turned, joined)`;
}
