/** Stands for a method that cannot be had: what it is, why, and all that was set for it, which is kept. */
import type { MethodInfo } from '../../common/contract/machine.ts';
import { awayWords } from '../../common/plugins/used.ts';
import { useOfCurrentShot } from '../store/current.ts';
import { pluginName, usePluginOf, usePlugins } from '../store/plugins.ts';
import texts from '../ui/text.module.css';
import { nameOf } from '../words.ts';
import styles from './AwayMethod.module.css';
import { parametersOf } from './parameters.ts';

interface Props {
  readonly id: string;
  /** What the engine says of it, where it has it; undefined where it has none. */
  readonly known: MethodInfo | undefined;
}

export function AwayMethod({ id, known }: Props) {
  const method = useOfCurrentShot(({ settings }) => settings.method);
  const plugins = usePlugins();
  const plugin = usePluginOf(id);
  const kept = Object.entries(method?.params ?? {});
  const labels = new Map(parametersOf(known?.params).map(({ key, label }) => [key, label]));
  return (
    <div className={styles.away} role="note" aria-label="Method that is away">
      {plugin && plugin.state !== 'here' ? (
        <p className={texts.warn}>
          It is of the plugin {pluginName(plugin.id, plugins)}, which {awayWords(plugin.state)}.
        </p>
      ) : (
        <p className={texts.warn}>
          {plugin ? `The plugin ${pluginName(plugin.id, plugins)}` : 'This version'} has no method "
          {id.replace(/^.*\//, '')}"; choose another.
        </p>
      )}
      <p className={texts.quiet}>
        {kept.length === 0
          ? 'Nothing of it was changed.'
          : 'What was set is kept until you choose another method:'}
      </p>
      {kept.length === 0 ? null : (
        <dl className={styles.kept}>
          {kept.map(([key, value]) => (
            <div key={key}>
              <dt>{labels.get(key) ?? nameOf(key)}</dt>
              <dd>{inWords(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function inWords(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
