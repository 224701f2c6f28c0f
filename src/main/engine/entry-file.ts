/** Entries of further processes and threads: beside their caller as source, in the folder of the engine when bundled. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../common/errors.ts';

/** @param here folder of the file that asks */
export function entryFile(here: string, name: string): string {
  const places = [join(here, `${name}.ts`), join(here, `${name}.js`), join(here, '..', `${name}.js`)];
  const found = places.find((place) => existsSync(place));
  assert(found, `no ${name} beside ${here}`);
  return found;
}
