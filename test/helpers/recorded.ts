/** UNets opened so that they can be followed backwards, as plain sessions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenModel, openModel } from '../../src/main/engine/models/model.ts';
import type { Part, Role } from '../../src/main/engine/models/role.ts';
import type { UnetVariant } from '../../src/main/engine/models/roles/unet.ts';
import { unet } from '../../src/main/engine/models/roles/unet.ts';
import { type UnetConfig, type UnetIo, unetConfig } from '../../src/main/engine/models/roles/unet-io.ts';
import { onnxFile } from '../../src/main/engine/models/source.ts';

/** The UNet as a part: its session, its recorder, and which of its inputs is which. */
const unetPart = {
  ...unet,
  functions: (part) => part,
} as const satisfies Role<UnetIo, UnetConfig, UnetVariant, Part<UnetIo>>;

/** @param folder of a UNet as ONNX file, with its config.json */
export function openRecordedUnet(
  folder: string,
  variant: UnetVariant = { sites: 'none' },
): Promise<OpenModel<Part<UnetIo>>> {
  const want = unetConfig.parse(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  const source = onnxFile(join(folder, 'model.onnx'), { root: folder });
  return openModel(unetPart, source, { want, variant, name: 'a test', provider: 'cpu', gradients: true });
}
