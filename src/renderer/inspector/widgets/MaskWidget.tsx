/** Whether the shot is edited only in a part of its picture. */
import type { Mask } from '../../../common/masks/mask.ts';
import { Button } from '../../ui/Button.tsx';
import layout from '../../ui/layout.module.css';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { DIFFERS } from '../NumberInput.tsx';
import { Row } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

export function MaskWidget(props: WidgetProps<'mask'>) {
  const { differs, onChange } = props;
  const mask = props.value as Mask | null;
  const said = mask ? count(mask.parts.length, 'part') : 'No mask';
  return (
    <Row {...props}>
      {() => (
        <div className={layout.row}>
          <span className={texts.quiet}>{differs ? DIFFERS : said}</span>
          {mask || differs ? <Button onPress={() => onChange(null)}>Remove the mask</Button> : null}
        </div>
      )}
    </Row>
  );
}
