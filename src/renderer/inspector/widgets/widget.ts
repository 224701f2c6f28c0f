/** What a widget is given: one file each, by the kind of control that a field names. */
import type { Shot } from '../../../common/project/document.ts';
import type { Control, FormField } from '../form-model.ts';

/** Kinds whose widgets show more of the shots than the field's own value; the others are drawn again for that alone. */
export const READ_SHOTS = ['prompt', 'solver', 'anchor', 'loras', 'mask', 'controls', 'pictures'] as const;

type Kinds = Control['kind'];
type Reading = (typeof READ_SHOTS)[number];

export interface Shots {
  /** The shot in hand, and all that a change goes to. */
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export type WidgetProps<Kind extends Kinds = Kinds> = Own<Kind> & (Kind extends Reading ? Shots : unknown);

interface Own<Kind extends Kinds> {
  readonly field: FormField;
  readonly control: Extract<Control, { kind: Kind }>;
  /** Of the shot in hand. */
  readonly value: unknown;
  /** What Reset gives back; undefined where there is nothing to go back to. */
  readonly fallback: unknown;
  /** The chosen shots have several values. */
  readonly differs: boolean;
  readonly onChange: (value: unknown) => void;
}
