/** Settings of the shot in hand; with several chosen, a change goes to all of them. */
import type { Shot } from '../../common/project/document.ts';
import { chooseLeadAnchor, giveShotName, setChosenMethod } from '../actions/settings.ts';
import { useCurrentShot, usePlaced } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { useDocument } from '../store/project.ts';
import { rateNote } from '../store/rates.ts';
import { useView } from '../store/view.ts';
import { Later } from '../ui/Later.tsx';
import layout from '../ui/layout.module.css';
import { NameField } from '../ui/NameField.tsx';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import { differIn } from './differs.ts';
import styles from './Inspector.module.css';
import { ModelSetting } from './ModelSetting.tsx';
import { CopySettings, Presets } from './Presets.tsx';
import { Prompts } from './Prompts.tsx';
import { RenderFooter } from './RenderFooter.tsx';
import { Sampling } from './Sampling.tsx';
import { SchemaForm } from './SchemaForm.tsx';
import setting from './setting.module.css';

export function Inspector() {
  const current = useCurrentShot();
  const placed = usePlaced();
  const selection = useView((view) => view.selection);
  if (!current) return <p className={`${texts.quiet} ${layout.note}`}>Choose a shot to see its settings</p>;
  const shot = current.item;
  const chosen = new Set(selection);
  const others = placed.flatMap(({ item }) => (item.kind === 'shot' && chosen.has(item.id) ? [item] : []));
  const shots = others.length > 0 ? others : [shot];
  return (
    <div className={styles.inspector}>
      <div className={styles.body}>
        <Later>
          <ShotHead shot={shot} chosen={shots.length} />
          <Prompts shot={shot} shots={shots} />
          <Method shot={shot} shots={shots} />
          <Sampling shot={shot} shots={shots} />
          <ModelSetting shot={shot} />
        </Later>
      </div>
      <RenderFooter shots={shots} />
    </div>
  );
}

interface Chosen {
  /** The shot in hand. */
  readonly shot: Shot;
  /** All that a change goes to. */
  readonly shots: readonly Shot[];
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

function Method({ shot, shots }: Chosen) {
  const methods = useMethods();
  const { id, params } = shot.settings.method;
  const method = methods?.find((one) => one.id === id);
  const mixed = differIn(shots, (settings) => settings.method.id);
  const options = (methods ?? []).map((one) => ({ id: one.id, name: one.label, note: one.summary }));
  return (
    <section className={setting.group} aria-label="Method">
      <Select
        label="Method"
        options={method ? options : [...options, { id, name: id }]}
        value={id}
        differs={mixed}
        onChange={(next) => {
          if (mixed || next !== id) setChosenMethod(next);
        }}
      />
      {method && !mixed ? <p className={`${setting.note} ${texts.quiet}`}>{method.summary}</p> : null}
      {methods && !method ? (
        <p className={`${setting.note} ${texts.warn}`}>This version has no method "{id}"; choose another.</p>
      ) : null}
      {shots.length === 1 ? <LeadAnchor shot={shot} /> : null}
      {method && !mixed ? (
        <SchemaForm
          method={id}
          schema={method.params}
          params={params}
          all={shots.map(({ settings }) => settings.method.params)}
        />
      ) : null}
    </section>
  );
}

function LeadAnchor({ shot }: { readonly shot: Shot }) {
  return (
    <Select
      label="Lead anchor"
      options={shot.anchors.map((frame) => ({ id: String(frame), name: `Frame ${frame}` }))}
      value={String(shot.leadAnchor)}
      isDisabled={shot.anchors.length < 2}
      onChange={(frame) => chooseLeadAnchor(shot.id, Number(frame))}
    />
  );
}
