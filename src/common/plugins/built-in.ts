/** The plugins that come with Retake. Their contributions have bare ids and are never withdrawn. */
import { RETAKE_VERSION } from '../contract/version.ts';

/** Who contributes. */
export interface PluginFacts {
  readonly id: string;
  readonly version: string;
  /** Format of the manifest that it was written for. */
  readonly api: number;
  /** For people. */
  readonly name: string;
}

const facts = (id: string, name: string): PluginFacts =>
  Object.freeze({ id: `retake.${id}`, version: RETAKE_VERSION, api: 1, name });

export const BUILT_IN = {
  methods: facts('methods', 'Methods of Retake'),
  formats: facts('formats', 'Take formats of Retake'),
  interchange: facts('interchange', 'Timelines of Retake'),
  estimators: facts('estimators', 'Estimators of Retake'),
  models: facts('models', 'Models of Retake'),
  farms: facts('farms', 'Farm drivers of Retake'),
  panels: facts('panels', 'Panels of Retake'),
} as const satisfies Record<string, PluginFacts>;

/** It is the very value above: whoever only calls itself so is not built in. */
export function isBuiltIn(plugin: PluginFacts): boolean {
  return Object.values(BUILT_IN).some((one) => one === plugin);
}
