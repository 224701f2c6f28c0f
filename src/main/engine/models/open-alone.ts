/** A network in a folder of its own, beside those of a bundle: read, digested and prepared as they are. */
import type { CancelSignal } from '../../../common/errors.ts';
import type { Provider } from '../onnx/ort.ts';
import { type OpenModel, openRead } from './model.ts';
import { digestOfModel, readModel } from './read-model.ts';
import type { Role } from './role.ts';
import type { Source } from './source.ts';
import type { DigestStore } from './types.ts';

export interface OpenAloneOptions {
  readonly provider: Provider;
  readonly digestStore?: DigestStore | undefined;
  readonly signal?: CancelSignal | undefined;
  /** What the runtime would refuse shows at the first call only. */
  readonly untried?: boolean;
  /** Whether it may be asked to work in tiles. */
  readonly mayTile?: boolean;
}

/**
 * Its session is opened at the first call.
 * @param name for messages: of its folder
 * @returns digest: sha256 hex of all that changes its numbers, but for the provider
 * @throws AppError bundle-invalid, weights-missing naming the file; Cancelled
 */
export async function openAlone<Io, Functions>(
  role: Role<Io, void, void, Functions>,
  source: Source,
  name: string,
  { provider, digestStore, signal, untried = false, mayTile = false }: OpenAloneOptions,
): Promise<{ readonly model: OpenModel<Functions>; readonly digest: string }> {
  const read = readModel(role, source, undefined);
  const digest = await digestOfModel(read, digestStore, signal);
  const model = await openRead(role, read, {
    ...{ variant: undefined, name, provider, signal, untried, mayTile },
  });
  return { model, digest };
}
