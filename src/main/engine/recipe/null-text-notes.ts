/** What tuned empty prompts take, told before a render. */
import prettyBytes from 'pretty-bytes';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import type { NoiseSchedule } from '../diffusion/types.ts';
import type { Calls } from '../make/tally.ts';
import { samplingTexts } from './texts.ts';

/** Stable Diffusion 1's, where the network does not tell. */
const USUAL_WIDTH = 768;

/** Bytes of the texts of all steps, of one frame or of all that share them: 0 where none are tuned. */
export function nullTextBytes(
  shot: Parameters<typeof samplingTexts>[0] & {
    readonly schedule: NoiseSchedule;
    readonly model: { readonly textWidth: number | null };
  },
): number {
  if (!shot.needs.includes('nullText')) return 0;
  const [empty] = samplingTexts(shot).branches;
  const tokens = empty!.chunks[0]!.reduce((sum, { ids }) => sum + ids.length, 0);
  const width = shot.model.textWidth ?? USUAL_WIDTH;
  return shot.schedule.levels.length * tokens * width * Float32Array.BYTES_PER_ELEMENT;
}

/** What tuning will take, before it is begun. */
export function nullTextNotes(
  { nullText, nullTextBack }: Calls,
  bytes: number,
  { inversion }: Pick<EditSettings, 'inversion'>,
): string[] {
  if (!nullText) return [];
  const count = (calls = 0) => calls.toLocaleString('en');
  const each = inversion.nullText === 'shared' ? 'for all frames' : 'for each frame';
  return [
    `tuning ${settingWord('inversion.nullText')} takes up to ${count(nullText)} calls of the model and ${count(nullTextBack)} that are followed backwards, each as long as about four; it is kept, ${prettyBytes(bytes)} ${each}`,
  ];
}
