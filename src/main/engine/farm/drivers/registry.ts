/** All ways to give a job to other machines. A new one of Retake is one file, and its import and name here. */
import { AppError } from '../../../../common/errors.ts';
import { BUILT_IN } from '../../../../common/plugins/built-in.ts';
import { Registry } from '../../../../common/plugins/registry.ts';
import type { DriverSettings, FarmDriver } from '../driver.ts';
import { flamenco } from './flamenco.ts';
import { local } from './local.ts';
import { openjd } from './openjd.ts';
import { slurm } from './slurm.ts';

/** Those of Retake, in the order in which artists are shown them. */
const ofRetake: readonly FarmDriver[] = [local, slurm, flamenco, openjd];

/** All there are: those of plugins come after, as they are contributed. */
export const farmDrivers = new Registry<FarmDriver>('farm driver');
for (const driver of ofRetake) farmDrivers.contribute(BUILT_IN.farms, driver);

/** The driver of this id; AppError usage naming those there are. */
export function getDriver(id: string): FarmDriver {
  const found = farmDrivers.find(id);
  if (found) return found;
  throw new AppError('usage', `there is no farm driver "${id}"`, {
    doing: 'choosing the farm',
    hint: `Choose one of ${farmDrivers.list.map((driver) => driver.id).join(', ')}.`,
  });
}

/** Completes what was said with the driver's defaults; AppError usage names what it does not know. */
export function settingsFor(driver: FarmDriver, given: DriverSettings): DriverSettings {
  const ids = driver.settings.map(({ id }) => id);
  const unknown = Object.keys(given).find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    throw new AppError('usage', `it has no setting "${unknown}"`, {
      doing: `reading the settings of ${driver.label}`,
      hint: `It takes ${ids.join(', ')}.`,
    });
  }
  return Object.fromEntries(driver.settings.map((one) => [one.id, given[one.id] ?? one.default]));
}
