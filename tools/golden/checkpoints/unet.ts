/** One pass of the network over the case's inputs, which have the names of the network's. */
import type { GoldenCase } from '../case.ts';
import { type CheckpointKind, floats, runWritten } from './checkpoint.ts';

export const unet: CheckpointKind = {
  async output(golden, checkpoint, output) {
    if (output !== 'out') return 'an output of this name';
    return (await runWritten(checkpoint.write('unet'), unetFeeds(golden), ['out_sample'])).out_sample!.data;
  },
};

export function unetFeeds(golden: GoldenCase) {
  const given = (name: string) => {
    const array = golden.optionalInput(name);
    return array ? { [name]: floats(array) } : {};
  };
  return {
    sample: floats(golden.input('sample')),
    timestep: floats(golden.input('timestep')),
    encoder_hidden_states: floats(golden.input('encoder_hidden_states')),
    ...given('text_embeds'),
    ...given('time_ids'),
    ...given('timestep_cond'),
  };
}
