/** Stable Diffusion 2-depth as it was released: its estimator lies in the same file, by MiDaS' names. */
import { closeSync, cpSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { midasMapping } from '../../src/main/engine/models/checkpoints/midas-names.ts';
import { inspectBundle } from '../../src/main/engine/models/inspect.ts';
import { openBundle } from '../../src/main/engine/models/open.ts';
import { ELEMENT } from '../../src/main/engine/onnx/ir/types.ts';
import type { StoredTensor } from '../../src/main/engine/onnx/networks/stored.ts';
import { openSafetensors } from '../../src/main/engine/onnx/safetensors/open.ts';
import { MIDAS_SIZES, midasHybrid, tensorsOf } from '../helpers/checkpoint-headers.ts';
import { writeSafetensors } from '../helpers/safetensors-files.ts';
import { sharedPath } from '../helpers/shared.ts';
import { tempFolder } from '../helpers/temp-folder.ts';

const checkpoints = sharedPath('golden', 'checkpoints');
const at = (name: string) => join(checkpoints!, name);

function writeWithEstimator(file: string): string {
  const stored = ({ file: path, offset, length }: StoredTensor) => {
    const fd = openSync(path, 'r');
    const bytes = new Uint8Array(length);
    readSync(fd, bytes, 0, length, offset);
    closeSync(fd);
    return bytes;
  };
  const { tensors } = openSafetensors(at('depth-single-fp16.safetensors'), 'reading it');
  const estimator = openSafetensors(at('depth_estimator/dpt-hybrid/model.safetensors'), 'reading it').tensors;
  const midas = tensorsOf(midasHybrid(MIDAS_SIZES));
  const parts = [...midas].map(([name, tensor]) => {
    const today = midasMapping(name, tensor)!.map(([one]) => estimator.get(one)!);
    const bytes = today.length > 0 ? Buffer.concat(today.map(stored)) : new Uint8Array(tensor.length);
    return [name, { dtype: 'F16', shape: tensor.dims, bytes }] as const;
  });
  const own = [...tensors].map(([name, tensor]) => {
    const dtype = tensor.type === ELEMENT.float16 ? 'F16' : tensor.type === ELEMENT.int64 ? 'I64' : 'F32';
    return [name, { dtype, shape: tensor.dims, bytes: stored(tensor) }] as const;
  });
  return writeSafetensors(file, Object.fromEntries([...own, ...parts]));
}

it.skipIf(!checkpoints)('a 2-depth checkpoint brings its own estimator', async () => {
  const dir = tempFolder();
  const folder = join(dir, 'folder');
  cpSync(at('depth-folder'), folder, { recursive: true });
  cpSync(at('depth_estimator/dpt-hybrid'), join(folder, 'depth_estimator'), { recursive: true });
  const rgb = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 37 + (i >> 7)) % 251);
  const depthOf = async (path: string) => {
    const bundle = await openBundle(path, { sites: 'none', provider: 'cpu' });
    try {
      return await bundle.depth!.estimate(rgb, { width: 64, height: 64 });
    } finally {
      await bundle.close();
    }
  };
  const file = writeWithEstimator(join(dir, 'depth.safetensors'));
  expect((await inspectBundle(file)).warnings).toEqual([]);
  const single = await depthOf(file);
  expect(new Set(single.data).size).toBeGreaterThan(1000);
  expect(single).toEqual(await depthOf(folder));
});
