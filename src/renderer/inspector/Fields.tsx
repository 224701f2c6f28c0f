/** Fields of the form, each by the widget that it names. */
import type { Shot } from '../../common/project/document.ts';
import { sameValue } from '../../common/settings/catalogue.ts';
import { chooseLeadAnchor, setChosenParameter, setChosenSettings } from '../actions/settings.ts';
import { useModelDefaults } from '../store/library.ts';
import { differIn, type FormField, fallbackOf, shownIn } from './form-model.ts';
import { widgetFor } from './widgets/registry.ts';

interface Props {
  readonly fields: readonly FormField[];
  /** The shot in hand, and all that a change goes to. */
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export function Fields({ fields, shot, shots }: Props) {
  const defaults = useModelDefaults();
  return fields.map((field) => {
    const Widget = widgetFor(field.control);
    return (
      <Widget
        key={field.path}
        field={field}
        control={field.control}
        value={shownIn(field, shot)}
        fallback={fallbackOf(field, defaults)}
        differs={differIn(field, shots)}
        shot={shot}
        shots={shots}
        onChange={(value) => write(field, shot, value)}
      />
    );
  });
}

function write({ place, label, default: standard }: FormField, shot: Shot, value: unknown): void {
  if (place.kind === 'anchor') chooseLeadAnchor(shot.id, Number(value));
  else if (place.kind === 'parameter')
    // A value equal to the method's own is left to the method.
    setChosenParameter({ ...place, label }, sameValue(value, standard) ? undefined : value);
  else setChosenSettings({ [place.group]: { [place.key]: value } });
}
