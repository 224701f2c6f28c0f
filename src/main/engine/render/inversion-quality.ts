/** How well an inversion leads back to its clip, and what helps where it does not. */
import type { TakeReport } from '../../../common/report.ts';
import { settingWord } from '../../../common/settings/setting-word.ts';
import type { EditSettings } from '../../../common/settings/settings.ts';
import { GOOD_INVERSION } from '../../../common/take-scores.ts';
import { getMethod } from '../methods/registry.ts';

/** A line for the artist where a frame comes back worse than GOOD_INVERSION; null otherwise, and where nothing was checked. */
export function poorInversion(
  reconstruction: TakeReport['inversion']['reconstruction'],
  { inversion: { refinement }, sampling: { steps } }: Pick<EditSettings, 'inversion' | 'sampling'>,
): string | null {
  if (!reconstruction || reconstruction.minPsnr >= GOOD_INVERSION) return null;
  const fromNoise = getMethod('sdedit');
  const help = [
    ...(steps < 50 ? [`more steps than ${steps}`] : []),
    // Pictures far from what the network was trained on can be led astray by refining; most are brought closer.
    `${settingWord('inversion.refinement')} at ${refinement === 0 ? '1' : `${refinement < 3 ? 3 : 1}, or 0`}`,
    'a model that knows such pictures',
    `a method that does not start from the clip (${fromNoise.label}: ${fromNoise.id})`,
  ];
  const psnr = reconstruction.minPsnr.toFixed(1);
  return `the analysis (inversion) leads back to the clip at ${psnr} dB only, so the take may stray from it; ${GOOD_INVERSION} dB and more are good. What may help: ${help.join('; ')}`;
}
