/** What frames see of each other in a call of the UNet. */
import { assert } from '../../../common/errors.ts';
import type { Attention, FeatureBlock, Features } from '../diffusion/types.ts';
import { CAUSAL_LENGTH } from '../onnx/passes/causal-attention.ts';
import { JOINT_FRAMES } from '../onnx/passes/joint-attention.ts';
import { ALL_TOKENS, SELF_LENGTH, type Site } from '../onnx/passes/reference-attention.ts';
import type { Buffers } from './buffers.ts';
import type { Feeds, Row } from './unet-feeds.ts';

export const NO_BANK: Attention = { bank: [], self: true };

export interface AttentionPart {
  readonly sites: readonly Site[];
  /** Whether its frames can attend to each other. */
  readonly joint: boolean;
  /** Whether its frames can attend to the first of their call and to the one before; false where absent. */
  readonly causal?: boolean;
}

/**
 * Per row and site, the tokens of all bank frames one after the other; `joint` frames see each other's own.
 * @param causal whether the rows are frames of one clip, in order, which attend to the first and to the one before and not to themselves
 */
export function attentionFeeds(
  { sites, joint: hasJoint, causal: hasCausal = false }: AttentionPart,
  rows: readonly Row[],
  joint: number,
  buffers: Buffers,
  causal = false,
): Feeds {
  const seen = rows.map(({ input }) => input.attention ?? NO_BANK);
  const [{ bank: first, self }] = seen as [Attention];
  for (const { bank, self: own } of seen) {
    assert(own || bank.length > 0, 'attention without a bank needs the own tokens');
    assert(own === self && bank.length === first.length, 'rows of a pass attend alike');
  }
  if (sites.length === 0) {
    // The outermost layers of XL lend nothing, so what is lent there is nothing.
    assert(
      first.every((frame) => frame.sites.length === 0),
      'the bundle was opened without reference attention',
    );
    return {};
  }
  assert(
    !causal || (hasCausal && first.length === 0),
    'the bundle was opened for causal attention, without banks',
  );
  const integer = (value: number) =>
    ({ type: 'int64', data: BigInt64Array.of(BigInt(value)), dims: [1] }) as const;
  const feeds: Feeds = { [SELF_LENGTH]: integer(self && !causal ? ALL_TOKENS : 0) };
  if (hasCausal) feeds[CAUSAL_LENGTH] = integer(causal ? ALL_TOKENS : 0);
  if (hasJoint) feeds[JOINT_FRAMES] = integer(joint);
  for (const [i, site] of sites.entries()) {
    const blocks = seen.map(({ bank }, row) =>
      bank.map((frame) => blockOf(frame, i, rows[row]!.input.branches.length, site.channels)),
    );
    const tokens = blocks[0]!.reduce((sum, block) => sum + block.tokens, 0);
    const size = tokens * site.channels;
    const data = buffers.float(site.bank, rows.length * size);
    for (const [row, { branch }] of rows.entries()) {
      let at = row * size;
      for (const block of blocks[row]!) {
        const part = block.tokens * block.channels;
        data.set(block.data.subarray(branch * part, (branch + 1) * part), at);
        at += part;
      }
      assert(at === (row + 1) * size, 'banks of one pass are of one length');
    }
    feeds[site.bank] = { type: 'float32', data, dims: [rows.length, tokens, site.channels] };
  }
  return feeds;
}

function blockOf(frame: Features, site: number, batch: number, channels: number): FeatureBlock {
  const block = frame.sites[site];
  assert(block !== undefined, `the bank has no features for site ${site}`);
  assert(block.branches === batch, `features of ${block.branches} branches in a pass of ${batch}`);
  assert(block.channels === channels, `features of ${block.channels} channels at a site of ${channels}`);
  return block;
}
