/** When a field of the form need not be drawn again. Pure. */
import { READ_SHOTS, type Shots, type WidgetProps } from './widgets/widget.ts';

export type FieldProps = Pick<WidgetProps, 'field' | 'value' | 'fallback' | 'differs'> & Shots;

const OWN = ['field', 'value', 'fallback', 'differs'] as const;
const READING: readonly string[] = READ_SHOTS;

/** Whether a field would look as it did: a letter of the prompt leaves alone what shows nothing else of the shot. */
export function looksSame(before: FieldProps, now: FieldProps): boolean {
  if (OWN.some((key) => before[key] !== now[key])) return false;
  if (!READING.includes(now.field.control.kind)) return true;
  const same = before.shots.length === now.shots.length && before.shot === now.shot;
  return same && before.shots.every((one, index) => one === now.shots[index]);
}
