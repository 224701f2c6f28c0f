/** Plugins that are there and do not run: what they would contribute is missed by name. */
import { AppError } from '../errors.ts';
import { pluginOf } from './ids.ts';

interface Resting {
  readonly id: string;
  readonly name: string;
  /** Its folder. */
  readonly dir: string;
  /** What became of it: "is switched off". */
  readonly why: string;
}

let resting: ReadonlyMap<string, Resting> = new Map();

export function setResting(plugins: readonly Resting[]): void {
  resting = new Map(plugins.map((one) => [one.id, one]));
}

export function restingPlugins(): readonly Resting[] {
  return [...resting.values()];
}

/** @param what is missed, by its full id: method "org.example.blur/blur"; null where that is of no plugin */
export function missedOf(what: string, id: string, doing: string): AppError | null {
  const plugin = pluginOf(id);
  if (plugin === null) return null;
  const found = resting.get(plugin);
  const message = found
    ? `the ${what} "${id}" comes with the plugin ${found.name} (${plugin}), which ${found.why}`
    : `the ${what} "${id}" comes with the plugin ${plugin}, which is not installed or has no such ${what}`;
  const hint = found
    ? `Switch it on or mend it, or choose another ${what}.`
    : `Install the plugin, or choose another ${what}.`;
  return new AppError('plugin-missing', message, { doing, hint });
}
