/** Solvers with which the shot's method is right; empty is the method's own. */
import { useMethods } from '../../store/methods.ts';
import { Select } from '../../ui/Select.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function SolverWidget(props: WidgetProps<'solver'>) {
  const { field, value, differs, shot, onChange } = props;
  const methods = useMethods();
  const own = { id: '', name: "The method's own" };
  const fit = methods?.find(({ id }) => id === shot.settings.method.id)?.solvers ?? [];
  const listed = [own, ...fit.map(({ id, label }) => ({ id, name: label }))];
  const chosen = typeof value === 'string' ? value : '';
  const options = listed.some(({ id }) => id === chosen) ? listed : [...listed, { id: chosen, name: chosen }];
  return (
    <Row {...props}>
      {(note) => (
        <Select
          label={field.label}
          isLabelHidden
          describedBy={note}
          options={options}
          value={chosen}
          differs={differs}
          onChange={(id) => onChange(id === '' ? null : id)}
        />
      )}
    </Row>
  );
}
