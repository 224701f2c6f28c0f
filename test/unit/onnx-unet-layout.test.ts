import { describe, expect, it } from 'vitest';
import { nodesBehindSkips } from '../../src/main/engine/onnx/attention/skips.ts';
import { textModel } from '../helpers/onnx.ts';
import { lend } from '../helpers/passes.ts';

/**
 * A transformer over [B, 8, H, W] with several blocks of self- and cross-attention each, as XL has them. Names of
 * nodes begin with the prefix, so '' leaves the layer unnamed.
 */
function transformer(id: string, input: string, blocks: number, prefix: string): string {
  const lines = [`${id}flat = Reshape(${input}, flat)`, `${id}t0 = Transpose<perm = [0, 2, 1]>(${id}flat)`];
  for (let block = 0; block < blocks; block++) {
    const self = `${id}${block}s`;
    const cross = `${id}${block}c`;
    lines.push(
      attention(self, `${id}t${block}`, `${id}t${block}`, prefix),
      attention(cross, `${self}r`, 'text', prefix),
    );
    lines.push(`${id}t${block + 1} = Identity(${cross}r)`);
  }
  lines.push(
    `${id}back = Transpose<perm = [0, 2, 1]>(${id}t${blocks})`,
    `${id}shape = Shape(${input})`,
    `${id} = Reshape(${id}back, ${id}shape)`,
  );
  return lines.join('\n');
}

function attention(id: string, x: string, kv: string, prefix: string): string {
  const name = (part: string) => (prefix === '' ? '""' : `"${prefix}/${id}/${part}"`);
  return `${id}q = MatMul(${x}, wq) ${name('q')}
    ${id}k = MatMul(${kv}, wk) ${name('k')}
    ${id}v = MatMul(${kv}, wv) ${name('v')}
    ${id}kt = Transpose<perm = [0, 2, 1]>(${id}k) ${name('t')}
    ${id}s = MatMul(${id}q, ${id}kt) ${name('qk')}
    ${id}p = Softmax<axis = -1>(${id}s) ${name('softmax')}
    ${id}o = MatMul(${id}p, ${id}v) ${name('pv')}
    ${id}r = Add(${x}, ${id}o) ${name('add')}`;
}

/** Down with 2 blocks, mid with 3, up with 2, and one skip; the depth map is concatenated at the very input. */
function unet(prefixes: { down: string; mid: string; up: string }): string {
  return `float32[B, 4, H, W] sample, float32[B, 4, H, W] depth, float32[B, T, 8] text => float32[B, 8, H, W] y
    float32[8, 8] wq
    float32[8, 8] wk
    float32[8, 8] wv
    float32[8, 8, 3, 3] pool
    float32[8, 16, 1, 1] join
    int64[3] flat = {0, 8, -1}
    both = Concat<axis = 1>(sample, depth) ""
    ${transformer('down', 'both', 2, prefixes.down)}
    half = Conv<pads = [1, 1, 1, 1]>(down, pool) ""
    ${transformer('mid', 'half', 3, prefixes.mid)}
    cat = Concat<axis = 1>(mid, down) ""
    joined = Conv(cat, join) ""
    ${transformer('up', 'joined', 2, prefixes.up)}
    y = Identity(up) ""`;
}

const NAMED = {
  down: '/down_blocks.1/attentions.0',
  mid: '/mid_block/attentions.0',
  up: '/up_blocks.0/attentions.1',
};
const UNNAMED = { down: '', mid: '', up: '' };

describe('where attention lies in a UNet of several blocks per transformer', () => {
  it.each([
    ['by names', NAMED],
    [
      "by the original code's names",
      { down: 'input_blocks.4.1', mid: 'middle_block.1', up: 'output_blocks.3.1' },
    ],
    ['by structure', UNNAMED],
  ])('is told %s', (_, prefixes) => {
    const all = lend(textModel(unet(prefixes)), { sites: 'all' });
    expect(all.map((site) => site.decoder)).toEqual([false, false, false, false, false, true, true]);
    expect(lend(textModel(unet(prefixes)), { sites: 'decoder' })).toHaveLength(2);
  });

  it('does not take the depth map at the input for a skip', () => {
    const { graph } = textModel(unet(UNNAMED));
    const behind = nodesBehindSkips(graph);
    expect(behind.has(graph.producer('both')!)).toBe(false);
    expect(behind.has(graph.producer('cat')!)).toBe(true);
    expect(behind.has(graph.producer('mid')!)).toBe(false);
    expect(behind.has(graph.producer('y')!)).toBe(true);
  });
});
