/**
 * What each provider wants of a session, as its documentation says. Only cpu and webgpu (through a software driver) were ever run here.
 * https://onnxruntime.ai/docs/execution-providers/
 */
import type { PROVIDERS } from '../../../common/settings/model.ts';

/** What a session may compute with. */
export type Provider = Exclude<(typeof PROVIDERS)[number], 'auto'>;

/** Its name, and what it is told. */
interface ProviderOptions {
  readonly name: Provider;
  readonly coreMlFlags?: number;
}

/** coreml_provider_factory.h: the newer form of networks, which has more operators (macOS 12). */
const COREML_FLAG_CREATE_MLPROGRAM = 0x010;

export const PROVIDER_OPTIONS: Readonly<Record<Provider, ProviderOptions>> = {
  cpu: { name: 'cpu' },
  // The binding hands on the device's number alone.
  cuda: { name: 'cuda' },
  // It wants no memory patterns and one operator at a time, as every session here has it.
  dml: { name: 'dml' },
  coreml: { name: 'coreml', coreMlFlags: COREML_FLAG_CREATE_MLPROGRAM },
  // Its checks stay on: without them an error of the card may end the process.
  webgpu: { name: 'webgpu' },
};
