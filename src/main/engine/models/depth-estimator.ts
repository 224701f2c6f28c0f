/** The bundle's own eye for depth: a picture to a map of nearness (Ranftl et al., 2021; Yang et al., 2024). */
import { AppError, assert } from '../../../common/errors.ts';
import type { Session } from '../onnx/ort.ts';
import { Buffers } from './buffers.ts';
import type { DepthIo } from './io.ts';
import { type PictureSize, type Preprocessor, preprocess, preprocessedSize } from './preprocessor.ts';
import type { DepthEstimator } from './types.ts';
import { checkSize, filled } from './vae.ts';

export interface DepthPart {
  readonly io: DepthIo;
  /** Path of the graph, for errors. */
  readonly file: string;
  readonly preprocessor: Preprocessor;
  /** Called once, when the first picture comes. */
  open(): Promise<Session>;
}

export function makeDepthEstimator({ io, file, preprocessor, open }: DepthPart): DepthEstimator {
  const buffers = new Buffers();
  let session: Promise<Session> | null = null;
  return {
    sizeFor(picture: PictureSize): PictureSize {
      const size = preprocessedSize(preprocessor, picture);
      const { width, height } = io.fixed;
      // A processor that leaves pictures alone leaves the size to the graph.
      const wanted =
        preprocessor.do_resize === false
          ? { width: width ?? size.width, height: height ?? size.height }
          : size;
      checkSize(file, io.fixed, wanted);
      return wanted;
    },
    async estimate(rgb, { width, height }) {
      assert(rgb.length === width * height * 3, `${rgb.length} bytes are no ${width}×${height} RGB picture`);
      session ??= open();
      const data = buffers.float('pixels', rgb.length);
      preprocess(preprocessor, rgb, data);
      const feeds = { [io.input]: filled(data, [3, height, width], io.fixed.batch) };
      const { data: all, dims } = (await (await session).run(feeds, [io.output]))[io.output]!;
      const [batch, rows, columns] = dims;
      if (dims.length === 3 && batch === (io.fixed.batch ?? 1) && rows! > 0 && columns! > 0) {
        return { data: all.subarray(0, rows! * columns!), width: columns!, height: rows! };
      }
      throw new AppError('bundle-invalid', `the depth estimator gives [${dims}], not one map [1, h, w]`, {
        doing: `running ${file}`,
        hint: 'Export it again with its output predicted_depth.',
      });
    },
  };
}
