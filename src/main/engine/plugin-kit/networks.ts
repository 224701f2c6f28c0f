/** Networks and models of a plugin: looked into as the library does, opened, and those that judge a picture shown one. */
import { join } from 'node:path';
import type { EstimatorRole, Manifest } from '../../../common/plugins/manifest.ts';
import { openCaptioner } from '../models/captioner.ts';
import { tryingNetworks } from '../models/contributed.ts';
import { openDepthEstimator } from '../models/depth-estimator.ts';
import { ESTIMATOR_KINDS } from '../models/estimators.ts';
import { inspectBundle } from '../models/inspect.ts';
import { openSegmenter } from '../models/segmenter.ts';
import { broken, type Checking } from './checking.ts';

const CPU = { provider: 'cpu' } as const;
const SIZE = { width: 96, height: 64 };

/** RGB8: no two places alike. */
function picture(): Uint8Array {
  const { width, height } = SIZE;
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (7 * i + (i >> 5) * 13) % 256);
}

type Look = (dir: string, signal: AbortSignal) => Promise<string>;

/** The others want what only a render has: they are opened there. */
const SHOWN: Partial<Record<EstimatorRole, Look>> = {
  async depth(dir, signal) {
    const depth = await openDepthEstimator(dir, { ...CPU, signal });
    try {
      const { data, width, height } = await depth.estimate(picture(), SIZE);
      const [least, most] = finite(data);
      return `${width}×${height}, ${least.toPrecision(3)} to ${most.toPrecision(3)}`;
    } finally {
      await depth.close();
    }
  },
  async segmenter(dir, signal) {
    const segmenter = await openSegmenter(dir, { ...CPU, signal });
    try {
      const [least, most] = finite(await segmenter.segment(picture(), SIZE));
      return `${least.toPrecision(3)} to ${most.toPrecision(3)}`;
    } finally {
      await segmenter.close();
    }
  },
  async captioner(dir, signal) {
    const captioner = await openCaptioner(dir, { ...CPU, signal });
    try {
      return `"${(await captioner.describe(picture(), SIZE)).text}"`;
    } finally {
      await captioner.close();
    }
  },
};

function finite(values: Float32Array): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) throw broken('it answers with a number that is none');
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

export async function checkNetworks(
  checking: Checking,
  folder: string,
  { estimators = [], models = [] }: Manifest['contributes'],
  signal: AbortSignal,
): Promise<void> {
  using _trying = tryingNetworks(folder);
  for (const { id, role, folder: inner } of estimators) {
    const dir = join(folder, inner);
    const kind = ESTIMATOR_KINDS[role];
    const fits = await checking.that(`estimator ${id}: is ${kind.what}`, async () => {
      const files = await kind.files(dir);
      return `${files.length} files`;
    });
    const look = SHOWN[role];
    if (fits && look) await checking.that(`estimator ${id}: a picture`, () => look(dir, signal));
  }
  for (const { id, folder: inner } of models)
    await checking.that(`model ${id}: can be rendered with`, async () => {
      const { defects, warnings } = await inspectBundle(join(folder, inner), { signal, figures: false });
      if (defects.length > 0) throw broken(defects.join(' '));
      return warnings.join(' ');
    });
}
