/** Chooses which settings of the shot in hand others take over. */
import { useState } from 'react';
import { shortWords } from '../../common/settings/in-words.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { copySettingsTo } from '../actions/settings.ts';
import { useCurrentShot } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { attempt } from '../store/notices.ts';
import { setView, useView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { CheckList } from '../ui/CheckList.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './CopySheet.module.css';
import { copyParts } from './copy-parts.ts';

const PARTS = copyParts(SETTINGS);

export function CopySheet() {
  const [wanted, setWanted] = useState(() => PARTS.filter(({ isLook }) => isLook).map(({ id }) => id));
  const current = useCurrentShot();
  const methods = useMethods();
  const several = useView((view) => view.selection.length > 1);
  if (!current) return <p className={texts.quiet}>Choose a shot first.</p>;
  const { name, settings } = current.item;
  const method = methods?.find(({ id }) => id === settings.method.id)?.label;
  const copy = (target: 'chosen' | 'all') => {
    const fields = PARTS.filter(({ id }) => wanted.includes(id)).flatMap((part) => part.fields);
    void attempt(
      Promise.resolve().then(() => {
        copySettingsTo(target, fields);
        setView({ dialog: null });
      }),
    );
  };
  return (
    <div className={styles.sheet}>
      <CheckList
        label={`What other shots take over from ${name}`}
        options={PARTS.map(({ id, name: part, fields }) => ({
          id,
          name: part,
          note: shortWords(settings, fields, method).join(', '),
        }))}
        value={wanted}
        onChange={setWanted}
      />
      <div className={layout.row}>
        <Button
          look={several ? 'primary' : 'normal'}
          isDisabled={!several || wanted.length === 0}
          onPress={() => copy('chosen')}
        >
          Copy to the chosen shots
        </Button>
        <Button isDisabled={wanted.length === 0} onPress={() => copy('all')}>
          Copy to all shots
        </Button>
      </div>
    </div>
  );
}
