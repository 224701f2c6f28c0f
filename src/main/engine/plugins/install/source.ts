/** A plugin before it is installed: the files of an archive or a folder, by names that were found fit for every system. */
import { AppError } from '../../../../common/errors.ts';
import { MANIFEST_FILE, MOST_FILES, packageFileFault } from '../../../../common/plugins/manifest.ts';

export interface PackageSource {
  readonly manifest: string;
  /** All but the manifest. */
  readonly names: readonly string[];
  /** Of all files as they will lie on the disk, by what the source says of them. */
  readonly bytes: number;
  /** Whether it lies unpacked, as where it is made. */
  readonly unpacked: boolean;
  /** What a file holds, piece by piece. @throws AppError plugin-invalid where it cannot be read */
  read(name: string): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Weights are the largest thing that a plugin brings. */
export const MOST_BYTES = 4e9;
const READING = 'looking into the plugin';

export function unfit(what: string, hint = 'Tell whoever made the plugin.'): AppError {
  return new AppError('plugin-invalid', what, { doing: READING, hint });
}

/** Takes in one name after the other. @throws AppError plugin-invalid for one that is unfit or clashes with another */
export class NameList {
  readonly #names: string[] = [];
  /** Folded as systems do that see no capitals; the value is how it was written. */
  readonly #taken = new Map<string, string>();

  add(name: string): void {
    const fault = packageFileFault(name);
    const short = name.length > 80 ? `${name.slice(0, 80)}…` : name;
    if (fault) throw unfit(`"${short}" ${fault}`);
    if (this.#names.length > MOST_FILES) throw unfit(`it has more than ${MOST_FILES} files`);
    const folded = name.toLowerCase();
    if (this.#taken.has(folded)) throw unfit(`"${name}" is there twice`);
    this.#names.push(name);
    this.#taken.set(folded, name);
  }

  /** All but the manifest. @throws AppError plugin-invalid where there is none, or where a file is a folder too */
  finish(): string[] {
    if (!this.#names.includes(MANIFEST_FILE)) {
      throw unfit(`there is no ${MANIFEST_FILE} in it`, 'Choose the .zip or the folder of a plugin.');
    }
    for (const name of this.#names) {
      for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
        const folder = name.slice(0, end);
        if (this.#taken.has(folder.toLowerCase())) throw unfit(`"${folder}" is a file and a folder`);
      }
    }
    return this.#names.filter((name) => name !== MANIFEST_FILE);
  }
}
