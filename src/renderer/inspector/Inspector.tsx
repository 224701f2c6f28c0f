/** Settings of the shot in hand; with several chosen, a change goes to all of them. */
import type { ReactNode } from 'react';
import type { Shot } from '../../common/project/document.ts';
import { giveShotName } from '../actions/settings.ts';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { useCurrentShot, usePlaced } from '../store/current.ts';
import { useDocument } from '../store/project.ts';
import { rateNote } from '../store/rates.ts';
import { useView } from '../store/view.ts';
import { Later } from '../ui/Later.tsx';
import layout from '../ui/layout.module.css';
import { NameField } from '../ui/NameField.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import { CopySettings } from './CopySettings.tsx';
import styles from './Inspector.module.css';
import { Presets } from './Presets.tsx';
import { RenderFooter } from './RenderFooter.tsx';
import { SettingsForm } from './SettingsForm.tsx';

/** @param more what stands below the settings */
export function Inspector({ more }: { readonly more: ReactNode }) {
  const current = useCurrentShot();
  const placed = usePlaced();
  const selection = useView((view) => view.selection);
  const importKeys = useKeyLabel('file.import');
  if (!current)
    return (
      <p className={`${texts.quiet} ${layout.note}`}>
        {placed.length === 0
          ? `Import a clip first: drop it on the window${importKeys ? ` or press ${importKeys}` : ''}. Its shots are set up here.`
          : 'Choose a shot to see its settings'}
      </p>
    );
  const shot = current.item;
  const chosen = new Set(selection);
  const others = placed.flatMap(({ item }) => (item.kind === 'shot' && chosen.has(item.id) ? [item] : []));
  const shots = others.length > 0 ? others : [shot];
  return (
    <div className={styles.inspector}>
      <div className={styles.body}>
        <Later>
          <ShotHead shot={shot} chosen={shots.length} />
          <SettingsForm shot={shot} shots={shots} />
          {more}
        </Later>
      </div>
      <RenderFooter shots={shots} />
    </div>
  );
}

function ShotHead({ shot, chosen }: { readonly shot: Shot; readonly chosen: number }) {
  const clip = useDocument((document) => document.clips[shot.clipId]);
  const mixed = useDocument((document) => rateNote(document, shot.clipId));
  return (
    <section className={styles.head} aria-label="Shot in hand">
      {chosen > 1 ? (
        <>
          <p className={styles.many}>{count(chosen, 'shot')} chosen</p>
          <p className={styles.note}>A change goes to all of them, and only to what is changed</p>
        </>
      ) : (
        <>
          <NameField
            key={shot.id}
            name={shot.name}
            label="Name of the shot"
            onRename={(name) => giveShotName(shot.id, name)}
          />
          <p className={texts.quiet}>
            {clip?.name ?? 'Clip'} · frames {shot.start} to {shot.end - 1} ·{' '}
            {count(shot.end - shot.start, 'frame')}
          </p>
          {mixed ? <p className={texts.quiet}>{mixed}; it plays and renders at its own speed</p> : null}
        </>
      )}
      <div className={`${layout.row} ${styles.buttons}`}>
        <Presets shot={shot} />
        <CopySettings />
      </div>
    </section>
  );
}
