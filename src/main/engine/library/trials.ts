/** What came of trying models, by path: kept beside the list. A model that is another file by now was not tried. */
import { readFile } from 'node:fs/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { ModelTrial } from '../../../common/model-trial.ts';
import { writeWhole } from '../../atomic-files.ts';
import { fromSystem } from '../media/target.ts';

const number = z.number();
const kept = z.object({
  bytes: number.nullable(),
  trial: z.object({
    ...{ at: number, frames: number, steps: number, width: number, height: number, provider: z.string() },
    ...{ secondsPerFrame: number, openSeconds: number },
    ...{ peakBytes: number.nullable(), heldBytes: number, foretoldBytes: number.nullable() },
  }),
});
const trialsFile = z.record(z.string(), kept);
type Kept = z.output<typeof trialsFile>;

export class Trials {
  readonly #file: string;
  readonly #inTurn = pLimit(1);
  #known: Promise<Kept> | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** @param bytes of the model now */
  async of(path: string, bytes: number | null): Promise<ModelTrial | null> {
    const found = (await this.#read())[path];
    return found && found.bytes === bytes ? found.trial : null;
  }

  /** @throws AppError output-unwritable, disk-full */
  keep(path: string, bytes: number | null, trial: ModelTrial): Promise<void> {
    return this.#inTurn(async () => {
      const all = { ...(await this.#read()), [path]: { bytes, trial } };
      try {
        await writeWhole(this.#file, JSON.stringify(all, null, 2));
      } catch (error) {
        throw fromSystem(error, 'keeping what came of trying a model');
      }
      this.#known = Promise.resolve(all);
    });
  }

  #read(): Promise<Kept> {
    this.#known ??= readFile(this.#file, 'utf8')
      .then(
        (text) => trialsFile.parse(JSON.parse(text)),
        () => ({}),
      )
      .catch(() => ({})); // Numbers that can be measured again are not worth a word.
    return this.#known;
  }
}
