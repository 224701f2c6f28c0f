/** Fields of the form, each by the widget that it names. */
import { memo } from 'react';
import type { Shot } from '../../common/project/document.ts';
import { sameValue } from '../../common/settings/catalogue.ts';
import { chooseLeadAnchor, setChosenParameter, setChosenSettings } from '../actions/settings.ts';
import { useModelDefaults } from '../store/library.ts';
import { differIn, type FormField, fallbackOf, shownIn } from './form-model.ts';
import { type FieldProps, looksSame } from './looks-same.ts';
import { widgetFor } from './widgets/registry.ts';
import type { Shots } from './widgets/widget.ts';

interface Props extends Shots {
  readonly fields: readonly FormField[];
}

export function Fields({ fields, shot, shots }: Props) {
  const defaults = useModelDefaults();
  return fields.map((field) => (
    <Field
      key={field.path}
      field={field}
      value={shownIn(field, shot)}
      fallback={fallbackOf(field, defaults)}
      differs={differIn(field, shots)}
      shot={shot}
      shots={shots}
    />
  ));
}

const Field = memo(({ field, shot, ...rest }: FieldProps) => {
  const Widget = widgetFor(field.control);
  return (
    <Widget
      {...rest}
      field={field}
      control={field.control}
      shot={shot}
      onChange={(value) => write(field, shot, value)}
    />
  );
}, looksSame);
Field.displayName = 'Field';

function write({ place, label, default: standard }: FormField, shot: Shot, value: unknown): void {
  if (place.kind === 'anchor') chooseLeadAnchor(shot.id, Number(value));
  else if (place.kind === 'parameter')
    // A value equal to the method's own is left to the method.
    setChosenParameter({ ...place, label }, sameValue(value, standard) ? undefined : value);
  else setChosenSettings({ [place.group]: { [place.key]: value } });
}
