/** A plugin that the open project uses and that is not installed. */
import type { PluginUse } from '../../common/plugins/used.ts';
import { choosePlugin, choosePluginFolder } from '../actions/plugins.ts';
import { attempt } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './Details.module.css';
import { usedNames, whereUsed } from './wording.ts';

export function Missing({ use }: { readonly use: PluginUse }) {
  return (
    <div className={styles.details}>
      <div className={styles.body}>
        <h3>{use.id}</h3>
        <p className={texts.warn}>It is not installed on this machine.</p>
        <p>
          <span className={texts.quiet}>This project has of it: </span>
          {usedNames(use)}
          {use.shots.length > 0 ? ', in ' : '. '}
          {whereUsed(use)}.
        </p>
        <p>
          Takes play, and all that was set is kept. To render with it again, install it: it comes alive at
          once. Or choose another method for these shots.
        </p>
      </div>
      <div className={`${styles.foot} ${layout.row}`}>
        <Button look="primary" onPress={() => void attempt(choosePlugin())}>
          Install a file…
        </Button>
        <Button onPress={() => void attempt(choosePluginFolder())}>Install a folder…</Button>
      </div>
    </div>
  );
}
