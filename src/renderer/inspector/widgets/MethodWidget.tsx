/** The editing method, and what it does. */
import { setChosenMethod } from '../../actions/settings.ts';
import { useMethods } from '../../store/methods.ts';
import { Select } from '../../ui/Select.tsx';
import texts from '../../ui/text.module.css';
import row from '../Row.module.css';
import { inPapers } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function MethodWidget({ field, value, differs }: WidgetProps<'method'>) {
  const methods = useMethods();
  const id = String(value);
  const method = methods?.find((one) => one.id === id);
  const options = (methods ?? []).map((one) => ({
    id: one.id,
    name: one.label,
    note: one.term ? `${one.summary} (${one.term})` : one.summary,
  }));
  return (
    <div className={row.row}>
      <Select
        label={field.label}
        options={method ? options : [...options, { id, name: id }]}
        value={id}
        differs={differs}
        // Choosing what is there keeps its parameters.
        onChange={(next) => {
          if (differs || next !== id) setChosenMethod(next);
        }}
      />
      {method && !differs ? (
        <p className={`${row.note} ${texts.quiet}`} title={inPapers(method.term)}>
          {method.summary}
          {method.term ? <span className={texts.hidden}> {inPapers(method.term)}</span> : null}
        </p>
      ) : null}
      {methods && !method ? (
        <p className={`${row.note} ${texts.warn}`}>This version has no method "{id}"; choose another.</p>
      ) : null}
    </div>
  );
}
