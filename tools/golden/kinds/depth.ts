/** The map of nearness of a picture, each of whose pixels is a square of `repeat` pixels. */
import { AppError } from '../../../src/common/errors.ts';
import type { Kind } from './kind.ts';

export const depth: Kind = {
  sites: 'none',
  async output(golden, bundle, output) {
    if (output !== 'predicted_depth') return 'an output of this name';
    if (!bundle.depth) return 'a bundle that estimates depth';
    const { shape, data } = golden.input('frames_u8');
    const repeat = golden.number('repeat');
    const [, rows, columns] = shape as [number, number, number];
    const size = { width: columns * repeat, height: rows * repeat };
    const wanted = bundle.depth.sizeFor(size);
    if (wanted.width !== size.width || wanted.height !== size.height) {
      throw new AppError('usage', `the estimator looks at ${wanted.width}×${wanted.height}`, {
        doing: `reading ${golden.dir}`,
      });
    }
    const rgb = new Uint8Array(size.width * size.height * 3);
    for (let y = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++) {
        const from = (Math.floor(y / repeat) * columns + Math.floor(x / repeat)) * 3;
        for (let c = 0; c < 3; c++) rgb[(y * size.width + x) * 3 + c] = data[from + c]!;
      }
    return (await bundle.depth.estimate(rgb, size)).data;
  },
};
