/** A graphics card without room for a call: its rows go in halves. The card is a real session that takes no more than so many. */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../src/common/errors.ts';
import type { PredictInput } from '../../src/main/engine/diffusion/types.ts';
import type { Runner } from '../../src/main/engine/models/role.ts';
import { unetIo } from '../../src/main/engine/models/roles/unet-io.ts';
import { makePredict } from '../../src/main/engine/models/unet.ts';
import { createSession } from '../../src/main/engine/onnx/ort.ts';
import { loadGraph } from '../../src/main/engine/onnx/slim.ts';
import { lend } from '../helpers/passes.ts';
import { maxDiff } from '../helpers/smooth-network.ts';
import { tempFolder } from '../helpers/temp-folder.ts';
import { writeTinyBundle } from '../helpers/tiny-bundle.ts';

const SHAPE = { channels: 4, height: 4, width: 6 };
/** Float32, one order of additions against another. */
const TOLERANCE = 3e-6;

async function opened() {
  const dir = await writeTinyBundle(join(tempFolder(), 'tiny'));
  const file = join(dir, 'unet', 'model.onnx');
  const { model, folder } = loadGraph(file, { root: dir });
  const io = unetIo(model, file);
  const sites = lend(model, { sites: 'all' });
  const session = await createSession(model, { provider: 'cpu', folder, label: 'the UNet' });
  onTestFinished(() => session.release());
  return { session, io, sites, file, joint: false };
}

/** @param refused sizes of calls that it had no room for */
function card(session: Runner, sample: string, most: number, refused: number[]): Runner {
  return {
    run(feeds, fetches) {
      const rows = feeds[sample]!.dims[0]!;
      if (rows <= most) return session.run(feeds, fetches);
      refused.push(rows);
      throw new AppError('device-memory', 'memory ran out', { doing: 'running the UNet' });
    },
  };
}

const wave = (length: number, by: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * by + by));

it.each([5, 3, 1])(
  'of at most %i rows: the same outputs and features, told once, not tried again',
  async (most) => {
    const unet = await opened();
    const refused: number[] = [];
    let told = 0;
    const whole = makePredict(unet, SHAPE, () => {});
    const session = card(unet.session, unet.io.sample, most, refused);
    const parted = makePredict(
      { ...unet, session },
      SHAPE,
      () => {},
      [],
      () => told++,
    );
    const dim = unet.io.hiddenDim!;
    const branches = [0.3, 0.7].map((by) => ({ hidden: wave(5 * dim, by), tokens: 5, dim }));
    const inputs = [0, 1, 2, 3].map(
      (frame): PredictInput => ({ latent: wave(96, frame + 1), timestep: 501, branches, capture: true }),
    );
    const expected = await whole(inputs);
    for (const again of [false, true]) {
      const got = await parted(inputs);
      for (const [i, { outputs, features }] of expected.entries()) {
        for (const [b, output] of outputs.entries())
          expect(maxDiff(output, got[i]!.outputs[b]!)).toBeLessThan(TOLERANCE);
        for (const [site, { data }] of features!.sites.entries())
          expect(maxDiff(data, got[i]!.features!.sites[site]!.data)).toBeLessThan(TOLERANCE);
      }
      expect(told).toBe(1);
      if (!again) expect(refused).toEqual([8, 4, 2].filter((rows) => rows > most));
    }
    expect(refused).toEqual([8, 4, 2].filter((rows) => rows > most));
  },
);

it('a single row without room fails, and so do frames that see each other', async () => {
  const unet = await opened();
  const predict = makePredict(
    { ...unet, joint: true, session: card(unet.session, unet.io.sample, 0, []) },
    SHAPE,
    () => {},
  );
  const dim = unet.io.hiddenDim!;
  const input = {
    latent: wave(96, 1),
    timestep: 501,
    branches: [{ hidden: wave(5 * dim, 1), tokens: 5, dim }],
  };
  await expect(predict([input])).rejects.toMatchObject({ code: 'device-memory' });
  await expect(predict([input, input], true)).rejects.toMatchObject({ code: 'device-memory' });
});
