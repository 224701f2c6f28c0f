/** Plugins that shots of the project need and cannot have. */
import { pluginName, usePlugins, usePluginsAway } from '../store/plugins.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import styles from './Badges.module.css';

export function PluginsAway() {
  const away = usePluginsAway();
  const plugins = usePlugins();
  const [first, ...others] = away;
  if (!first) return null;
  const word = away.every(({ state }) => state === 'missing') ? 'missing' : 'not in use';
  return (
    <span className={styles.badge}>
      <span className={styles.named}>
        {others.length > 0
          ? `${away.length} plugins ${word}`
          : `Plugin ${pluginName(first.id, plugins)} ${word}`}
      </span>
      <Button look="plain" onPress={() => setView({ dialog: 'plugins' })}>
        Plugins…
      </Button>
    </span>
  );
}
