/** The editing method, and what it does. */
import type { MethodInfo } from '../../../common/contract/machine.ts';
import { setChosenMethod } from '../../actions/settings.ts';
import { useMethods } from '../../store/methods.ts';
import { useOffered } from '../../store/plugins.ts';
import { Select } from '../../ui/Select.tsx';
import texts from '../../ui/text.module.css';
import { AwayMethod } from '../AwayMethod.tsx';
import row from '../Row.module.css';
import { inPapers } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

/** Retake's own say nothing. */
function fromPlugin({ plugin }: MethodInfo): string {
  return plugin ? `From ${plugin.name} ${plugin.version}.` : '';
}

export function MethodWidget({ field, value, differs }: WidgetProps<'method'>) {
  const methods = useMethods();
  const offered = useOffered(methods);
  const id = String(value);
  const method = offered?.find((one) => one.id === id);
  const options = (offered ?? [])
    .filter(({ makesFrames }) => !makesFrames)
    .map((one) => ({
      id: one.id,
      name: one.label,
      note: [one.summary, one.term && `(${one.term})`, fromPlugin(one)].filter(Boolean).join(' '),
    }));
  // What the shot has, also where it cannot be had.
  const known = methods?.find((one) => one.id === id);
  return (
    <div className={row.row}>
      <Select
        label={field.label}
        options={method ? options : [...options, { id, name: known?.label ?? id }]}
        value={id}
        differs={differs}
        // Choosing what is there keeps its parameters.
        onChange={(next) => {
          if (differs || next !== id) setChosenMethod(next);
        }}
      />
      {method && !differs ? (
        <p className={`${row.note} ${texts.quiet}`} title={inPapers(method.term)}>
          {method.summary} {fromPlugin(method)}
          {method.term ? <span className={texts.hidden}> {inPapers(method.term)}</span> : null}
        </p>
      ) : null}
      {offered && !method && !differs ? <AwayMethod id={id} known={known} /> : null}
    </div>
  );
}
