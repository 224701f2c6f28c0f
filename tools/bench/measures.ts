/** All measures, in the order in which they run: short ones first. A new one is a file and a line. */
import { attention, demoAttention } from './attention.ts';
import { calls, callsPattern } from './calls.ts';
import { checkpoints, xlCheckpoints } from './checkpoints.ts';
import { crossAttention } from './cross-attention.ts';
import { farm } from './farm.ts';
import { fewerCalls } from './fewer-calls.ts';
import { foretold, foretoldGrid } from './foretold.ts';
import { gradients } from './gradients.ts';
import { load } from './load.ts';
import type { Measure } from './measure.ts';
import { memory } from './memory.ts';
import { overhead } from './overhead.ts';
import { largePasses, passes } from './passes.ts';
import { largePeers, largestPeers, peers } from './peers/peers.ts';
import { pluginCalls } from './plugin-calls.ts';
import { pluginHooks } from './plugin-hooks.ts';
import { realSize } from './real-size.ts';
import { reedit } from './reedit.ts';
import { largeReuse, reuse } from './reuse.ts';
import { vaeTiles, vaeTilesLarge } from './vae-tiles.ts';

export const MEASURES: readonly Measure[] = [
  overhead,
  memory,
  reedit,
  demoAttention,
  pluginCalls,
  load,
  foretold,
  checkpoints,
  calls,
  passes,
  fewerCalls,
  crossAttention,
  peers,
  xlCheckpoints,
  callsPattern,
  attention,
  largePasses,
  largePeers,
  largestPeers,
  pluginHooks,
  reuse,
  largeReuse,
  vaeTiles,
  vaeTilesLarge,
  farm,
  gradients,
  foretoldGrid,
  realSize,
];
