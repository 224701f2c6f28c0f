/** A depth estimator in its own folder, over pixels that are normalised. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dpt } from '../../../src/main/engine/onnx/networks/dpt.ts';
import { readWeights } from '../../../src/main/engine/onnx/safetensors/component.ts';
import { type CheckpointKind, floats, runWritten } from './checkpoint.ts';

export const depth: CheckpointKind = {
  async output(golden, { path }, output) {
    if (output !== 'predicted_depth') return 'an output of this name';
    const config: unknown = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
    const network = dpt(readWeights(path, { root: dirname(path), label: basename(path) }), config);
    const feeds = { pixel_values: floats(golden.input('pixel_values')) };
    return (await runWritten(network, feeds, [output]))[output]!.data;
  },
};
