/**
 * What each provider wants of a session, as its documentation says. Only cpu and webgpu (through a software driver) were ever run here.
 * https://onnxruntime.ai/docs/execution-providers/
 */
import type { PROVIDERS } from '../../../common/settings/model.ts';

/** What a session may compute with. */
export type Provider = Exclude<(typeof PROVIDERS)[number], 'auto'>;

interface ProviderOptions {
  /** Its name, and what it is told. */
  readonly execution: { readonly name: Provider; readonly coreMlFlags?: number };
  /** False where the provider lays out memory itself and refuses the runtime's layout. */
  readonly memoryPattern: boolean;
}

/** coreml_provider_factory.h: the newer form of networks, which has more operators (macOS 12). */
const COREML_FLAG_CREATE_MLPROGRAM = 0x010;

export const PROVIDER_OPTIONS: Readonly<Record<Provider, ProviderOptions>> = {
  cpu: { execution: { name: 'cpu' }, memoryPattern: true },
  // The binding hands on the device's number alone.
  cuda: { execution: { name: 'cuda' }, memoryPattern: true },
  // "The DirectML execution provider does not support the use of memory pattern optimizations or parallel execution".
  dml: { execution: { name: 'dml' }, memoryPattern: false },
  coreml: {
    execution: { name: 'coreml', coreMlFlags: COREML_FLAG_CREATE_MLPROGRAM },
    memoryPattern: true,
  },
  // Its checks stay on: without them an error of the card may end the process.
  webgpu: { execution: { name: 'webgpu' }, memoryPattern: true },
};
