/** Whether the shot is edited only in a part of its picture: the parts of its mask, and what is done to all of them. */
import { Brush, Circle, FileVideo, Pentagon, Square } from 'lucide-react';
import type { Mask } from '../../../common/masks/mask.ts';
import { changeMask } from '../../actions/masked.ts';
import { addMatte } from '../../actions/matte.ts';
import { run } from '../../actions/registry.ts';
import { addSegmenter } from '../../actions/segmenter.ts';
import { useEstimatorOptions } from '../../store/estimators.ts';
import { tryTo } from '../../store/notices.ts';
import { endGesture } from '../../store/project.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import layout from '../../ui/layout.module.css';
import { DIFFERS, NumberInput } from '../../ui/NumberInput.tsx';
import { Picker } from '../../ui/Picker.tsx';
import { Slider } from '../../ui/Slider.tsx';
import { Switch } from '../../ui/Switch.tsx';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { MaskParts } from '../MaskParts.tsx';
import { Row } from '../Row.tsx';
import styles from './MaskWidget.module.css';
import numbers from './NumberWidget.module.css';
import type { WidgetProps } from './widget.ts';

export function MaskWidget(props: WidgetProps<'mask'>) {
  const { shot, shots, differs } = props;
  const mask = props.value as Mask | null;
  const segmenters = useEstimatorOptions('segmenter');
  if (shots.length > 1) {
    const said = mask ? count(mask.parts.length, 'part') : 'No mask';
    return <Row {...props}>{() => <span className={texts.quiet}>{differs ? DIFFERS : said}</span>}</Row>;
  }
  return (
    <Row {...props}>
      {() => (
        <div className={styles.mask}>
          <div className={layout.row}>
            <IconButton name="Draw a rectangle" onPress={() => void run('mask.rectangle')}>
              <Square />
            </IconButton>
            <IconButton name="Draw an ellipse" onPress={() => void run('mask.ellipse')}>
              <Circle />
            </IconButton>
            <IconButton name="Draw a polygon" onPress={() => void run('mask.polygon')}>
              <Pentagon />
            </IconButton>
            <IconButton name="Paint with the brush" onPress={() => void run('mask.brush')}>
              <Brush />
            </IconButton>
            <span className={layout.spring} />
            <Button look="plain" onPress={() => tryTo(() => addMatte(shot.id))}>
              <FileVideo aria-hidden="true" />
              Use a matte…
            </Button>
          </div>
          {segmenters.length > 0 ? (
            <Picker
              label="Find the object, by a network of the library"
              isLabelHidden
              placeholder="Find the object by…"
              options={segmenters}
              value={null}
              onChange={(path) => tryTo(() => addSegmenter(shot.id, path))}
            />
          ) : null}
          {mask ? (
            <>
              <MaskParts shot={shot} mask={mask} />
              <Edge shotId={shot.id} mask={mask} />
            </>
          ) : null}
        </div>
      )}
    </Row>
  );
}

/** The schema's own limits, and where the sliders end. */
const LENGTHS = [
  { key: 'grow', label: 'Grow', min: -2000, low: -100, high: 100 },
  { key: 'feather', label: 'Feather', min: 0, low: 0, high: 200 },
] as const;

function Edge({ shotId, mask }: { readonly shotId: string; readonly mask: Mask }) {
  return (
    <>
      <Switch
        isOn={mask.invert}
        onChange={(on) =>
          changeMask(shotId, on ? 'Invert the mask' : 'Mask as drawn', (draft) => {
            draft.invert = on;
          })
        }
      >
        Invert: edit everything but this
      </Switch>
      {LENGTHS.map(({ key, label, min, low, high }) => {
        const set = (value: number) =>
          changeMask(
            shotId,
            `${label} the mask`,
            (draft) => {
              draft[key] = value;
            },
            `mask ${key} ${shotId}`,
          );
        return (
          <div key={key} className={styles.length}>
            <span className={texts.quiet}>{label}</span>
            <div className={numbers.number}>
              <Slider
                label={`${label} of the mask`}
                isLabelHidden
                min={low}
                max={high}
                step={1}
                value={Math.max(low, Math.min(high, mask[key]))}
                onChange={set}
                onEnd={endGesture}
              />
              <NumberInput
                label={`${label} in pixels`}
                value={mask[key]}
                min={min}
                max={2000}
                step={1}
                onChange={(value) => {
                  set(value ?? 0);
                  endGesture();
                }}
              />
            </div>
          </div>
        );
      })}
    </>
  );
}
