/** One ControlNet: what it follows, how strictly, and in which steps. */
import { FolderOpen, RotateCcw, X } from 'lucide-react';
import { type Control, controlName } from '../../common/settings/controls.ts';
import {
  type ControlsOf,
  changeControl,
  chooseControlClip,
  chooseControlEstimator,
  clearControlSources,
  removeControl,
  takeControlEstimator,
} from '../actions/controls.ts';
import { useEstimatorOptions } from '../store/estimators.ts';
import { tryTo } from '../store/notices.ts';
import { endGesture } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import layout from '../ui/layout.module.css';
import { NumberInput } from '../ui/NumberInput.tsx';
import { Picker } from '../ui/Picker.tsx';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import texts from '../ui/text.module.css';
import styles from './ControlFields.module.css';
import { StepsFields } from './StepsFields.tsx';

const CONDITIONS: readonly { readonly id: Control['condition']; readonly name: string }[] = [
  { id: 'canny', name: 'Edges (Canny)' },
  { id: 'soft-edge', name: 'Soft edges' },
  { id: 'depth', name: 'Depth' },
  { id: 'clip', name: 'A clip of your own' },
];

/** Of edges. Thresholds are counted as OpenCV counts them. */
const EDGES = [
  { key: 'high', label: 'Edges begin at', max: 1000, step: 10 },
  { key: 'low', label: 'and go on down to', max: 1000, step: 10 },
  { key: 'blur', label: 'Blur before, pixels', max: 10, step: 0.5 },
] as const;

interface Props {
  readonly of: ControlsOf;
  readonly index: number;
}

export function ControlFields({ of, index }: Props) {
  const control = of.controls[index]!;
  const { path, condition, scale } = control;
  const name = controlName(path);
  const change = (what: string, values: Partial<Control>) => changeControl(of, index, what, values);
  return (
    <li className={styles.control}>
      <div className={layout.row}>
        <span className={texts.oneLine} title={path}>
          {name}
        </span>
        <IconButton name={`Remove ${name}`} onPress={() => tryTo(() => removeControl(of, index))}>
          <X />
        </IconButton>
      </div>
      <Select
        label={`What ${name} follows`}
        isLabelHidden
        options={CONDITIONS}
        value={condition}
        onChange={(id) => change('What is followed', { condition: id as Control['condition'] })}
      />
      {condition === 'canny'
        ? EDGES.map(({ key, label, max, step }) => (
            <div key={key} className={styles.number}>
              <span className={texts.quiet}>{label}</span>
              <NumberInput
                label={`${label}, ${name}`}
                value={control[key]}
                min={0}
                max={max}
                step={step}
                onChange={(value) => {
                  change(label, { [key]: value ?? control[key] });
                  endGesture();
                }}
              />
            </div>
          ))
        : null}
      {condition === 'clip' || condition === 'depth' ? <Sources of={of} index={index} /> : null}
      <div className={styles.scale}>
        <span className={texts.quiet}>Scale</span>
        <Slider
          label={`Scale of ${name}`}
          isLabelHidden
          min={0}
          max={2}
          step={0.05}
          value={scale}
          onChange={(value) => change('Scale', { scale: value })}
          onEnd={endGesture}
        />
        <NumberInput
          label={`Scale of ${name}, by number`}
          value={scale}
          min={0}
          max={2}
          step={0.05}
          onChange={(value) => {
            change('Scale', { scale: value ?? scale });
            endGesture();
          }}
        />
      </div>
      <Span of={of} index={index} />
    </li>
  );
}

/** A clip, or for depth what estimates it. */
function Sources({ of, index }: Props) {
  const { path, condition, clip, estimator } = of.controls[index]!;
  const name = controlName(path);
  const chosen = clip ?? estimator;
  const estimators = useEstimatorOptions('depth');
  const known = estimators.find(({ id }) => id === estimator)?.name;
  const none = condition === 'clip' ? 'No clip chosen yet' : "The model's own estimate";
  return (
    <>
      <div className={layout.row}>
        <span className={`${texts.quiet} ${texts.path}`} title={chosen ?? undefined}>
          {(clip === null ? known : null) ?? chosen?.replace(/^.*[\\/]/, '') ?? none}
        </span>
        <span className={layout.spring} />
        {chosen !== null && condition === 'depth' ? (
          <IconButton
            name={`Depth of ${name} by the model`}
            onPress={() => tryTo(() => clearControlSources(of, index))}
          >
            <RotateCcw />
          </IconButton>
        ) : null}
      </div>
      {condition === 'depth' && estimators.length > 0 ? (
        <Picker
          label={`Depth estimator of ${name} from the library`}
          isLabelHidden
          placeholder="An estimator from the library"
          options={estimators}
          value={null}
          onChange={(path) => takeControlEstimator(of, index, path)}
        />
      ) : null}
      <div className={layout.row}>
        <Button look="plain" onPress={() => tryTo(() => chooseControlClip(of, index))}>
          <FolderOpen aria-hidden="true" />
          {condition === 'clip' ? 'Choose a clip…' : 'Use a depth clip…'}
        </Button>
        {condition === 'depth' ? (
          <Button look="plain" onPress={() => tryTo(() => chooseControlEstimator(of, index))}>
            <FolderOpen aria-hidden="true" />
            Use an estimator…
          </Button>
        ) : null}
      </div>
    </>
  );
}

/** In percent of the steps. */
function Span({ of, index }: Props) {
  const { path, start, end } = of.controls[index]!;
  const name = controlName(path);
  const change = (what: string, values: Partial<Control>) => {
    changeControl(of, index, what, values);
    endGesture();
  };
  return (
    <StepsFields
      of={name}
      from={start}
      to={end}
      onFrom={(share) => change('Start', { start: share })}
      onTo={(share) => change('End', { end: share })}
    />
  );
}
