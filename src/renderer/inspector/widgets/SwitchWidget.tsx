/** On or off. */
import { Switch } from '../../ui/Switch.tsx';
import texts from '../../ui/text.module.css';
import row from '../Row.module.css';
import { inPapers } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function SwitchWidget({ field, value, differs, onChange }: WidgetProps<'switch'>) {
  return (
    <div className={row.row} title={inPapers(field.term)}>
      <Switch isOn={value === true} differs={differs} onChange={onChange}>
        {field.label}
      </Switch>
      <p className={`${row.note} ${texts.quiet}`}>{field.help}</p>
    </div>
  );
}
