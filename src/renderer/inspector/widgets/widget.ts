/** What a widget is given: one file each, by the kind of control that a field names. */
import type { Shot } from '../../../common/project/document.ts';
import type { Control, FormField } from '../form-model.ts';

export interface WidgetProps<Kind extends Control['kind'] = Control['kind']> {
  readonly field: FormField;
  readonly control: Extract<Control, { kind: Kind }>;
  /** Of the shot in hand. */
  readonly value: unknown;
  /** What Reset gives back; undefined where there is nothing to go back to. */
  readonly fallback: unknown;
  /** The chosen shots have several values. */
  readonly differs: boolean;
  /** The shot in hand, and all that a change goes to. */
  readonly shot: Shot;
  readonly shots: readonly Shot[];
  readonly onChange: (value: unknown) => void;
}
