/** What a method asks for is made, or the edit does not begin. */
import { expect, it } from 'vitest';
import { makeLevels } from '../../src/main/engine/diffusion/schedule.ts';
import { euler } from '../../src/main/engine/diffusion/solvers/euler.ts';
import { getMethod, parseParams } from '../../src/main/engine/methods/registry.ts';
import type { Method } from '../../src/main/engine/methods/types.ts';
import { runsOf } from '../../src/main/engine/recipe/runs.ts';
import { SD_SCHEDULER, SHAPE } from '../helpers/smooth-network.ts';

function planned(method: Method) {
  const params = parseParams(method, {});
  return {
    method,
    params,
    needs: method.needs(params),
    solver: euler,
    range: { start: 0 },
    frames: 3,
    anchor: 0,
    anchors: [0],
    schedule: makeLevels(SD_SCHEDULER, 4, { solver: euler }),
    shape: SHAPE,
    model: { structureChannels: 0 },
    settings: { sampling: { seed: 1 }, guide: { mask: null, pictures: [] } },
  };
}

it('runs are counted before anything is made, and fail by name when they use what was not', () => {
  const [run] = runsOf(planned(getMethod('mix')));
  expect(run!.frames).toEqual([0, 1, 2]);
  const nothing = { result: () => new Float32Array(), history: () => new Float32Array() };
  expect(() => run!.start(0, nothing)).toThrow(/asked for inversion/);
});
