/** Folders of estimators by what they are for: what each must hold is looked at before it is offered. No weight is read, nothing is run. */
import type { EstimatorRole } from '../../../common/plugins/manifest.ts';
import { readCaptioner } from './captioner.ts';
import { depthEstimatorIn } from './depth-estimator.ts';
import { imageTextIn } from './image-text-networks.ts';
import { pictureNetworkIn } from './picture-network.ts';
import { readModel } from './read-model.ts';
import type { Role } from './role.ts';
import { depthEstimator } from './roles/depth-estimator.ts';
import { flowEstimator } from './roles/flow-estimator.ts';
import { imageTextText, imageTextVision } from './roles/image-text.ts';
import { interpolator } from './roles/interpolator.ts';
import { segmenter } from './roles/segmenter.ts';
import { upscaler } from './roles/upscaler.ts';
import type { Source } from './source.ts';

type Alone = Role<unknown, void, never, unknown>;

interface Kind {
  /** In a sentence: "a depth estimator". */
  readonly what: string;
  /** Paths of all files that make its numbers, as far as the graphs name them. @throws AppError bundle-invalid, weights-missing */
  files(dir: string): Promise<readonly string[]>;
}

const CHOOSE = 'Its folder must hold model.onnx, and all that the graph names.';

function filesOf(role: Alone, source: Source): readonly string[] {
  return source.files(readModel(role, source, undefined).graph);
}

const ofPictures = (what: string, role: Alone): Kind => ({
  what,
  files: async (dir) => filesOf(role, (await pictureNetworkIn(dir, CHOOSE)).source),
});

export const ESTIMATOR_KINDS: Readonly<Record<EstimatorRole, Kind>> = {
  depth: {
    what: 'a depth estimator',
    files: async (dir) => filesOf(depthEstimator, (await depthEstimatorIn(dir)).source),
  },
  flow: ofPictures('a flow estimator', flowEstimator),
  segmenter: ofPictures('a segmenter', segmenter),
  captioner: { what: 'a captioner', files: async (dir) => (await readCaptioner(dir)).files },
  'image-text': {
    what: 'an image-text model',
    async files(dir) {
      const { text, vision } = await imageTextIn(dir);
      return [...new Set([...filesOf(imageTextText, text), ...filesOf(imageTextVision, vision)])];
    },
  },
  interpolator: ofPictures('an interpolator', interpolator),
  upscaler: ofPictures('an upscaler', upscaler),
};
