/** Settings of the shot in hand; with several chosen, a change goes to all of them. */
import type { Shot } from '../../common/project/document.ts';
import { chooseLeadAnchor, giveShotName, setChosenSettings } from '../actions/settings.ts';
import { useCurrentShot, usePlaced } from '../store/current.ts';
import { useMethods } from '../store/methods.ts';
import { useDocument } from '../store/project.ts';
import { rateNote } from '../store/rates.ts';
import { useView } from '../store/view.ts';
import { NameField } from '../ui/NameField.tsx';
import { Select } from '../ui/Select.tsx';
import { count } from '../ui/words.ts';
import { ModelSetting } from './ModelSetting.tsx';
import { CopySettings, Presets } from './Presets.tsx';
import { Prompts } from './Prompts.tsx';
import { RenderFooter } from './RenderFooter.tsx';
import { Sampling } from './Sampling.tsx';
import { SchemaForm } from './SchemaForm.tsx';
import './inspector.css';

export function Inspector() {
  const current = useCurrentShot();
  const placed = usePlaced();
  const selection = useView((view) => view.selection);
  if (!current) return <p className="quiet panel-note">Choose a shot to see its settings</p>;
  const shot = current.item;
  const chosen = new Set(selection);
  const others = placed.flatMap(({ item }) => (item.kind === 'shot' && chosen.has(item.id) ? [item] : []));
  const shots = others.length > 0 ? others : [shot];
  return (
    <div className="inspector">
      <div className="inspector-body">
        <ShotHead shot={shot} chosen={shots.length} />
        <Prompts shot={shot} />
        <Method shot={shot} />
        <Sampling shot={shot} />
        <ModelSetting shot={shot} />
      </div>
      <RenderFooter shots={shots} />
    </div>
  );
}

function ShotHead({ shot, chosen }: { readonly shot: Shot; readonly chosen: number }) {
  const clip = useDocument((document) => document.clips[shot.clipId]);
  const mixed = useDocument((document) => rateNote(document, shot.clipId));
  return (
    <div className="shot-head">
      <NameField key={shot.id} name={shot.name} onRename={(name) => giveShotName(shot.id, name)} />
      <p className="quiet">
        {clip?.name ?? 'Clip'} · frames {shot.start} to {shot.end - 1} ·{' '}
        {count(shot.end - shot.start, 'frame')}
      </p>
      {mixed ? <p className="quiet">{mixed}; it plays and renders at its own speed</p> : null}
      {chosen > 1 ? <p className="many">Changes go to all {chosen} chosen shots</p> : null}
      <div className="row">
        <Presets shot={shot} />
        <CopySettings />
      </div>
    </div>
  );
}

function Method({ shot }: { readonly shot: Shot }) {
  const methods = useMethods();
  const { method: id, params } = shot.settings;
  const method = methods?.find((one) => one.id === id);
  const options = (methods ?? []).map((one) => ({ id: one.id, name: one.label, note: one.summary }));
  return (
    <section className="group" aria-label="Method">
      <Select
        label="Method"
        options={method ? options : [...options, { id, name: id }]}
        value={id}
        onChange={(next) => {
          if (next !== id) setChosenSettings({ method: next, params: {} });
        }}
      />
      {method ? <p className="setting-note quiet">{method.summary}</p> : null}
      {methods && !method ? (
        <p className="setting-note warn">This version has no method "{id}"; choose another.</p>
      ) : null}
      <LeadAnchor shot={shot} />
      {method ? <SchemaForm schema={method.params} params={params} /> : null}
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
