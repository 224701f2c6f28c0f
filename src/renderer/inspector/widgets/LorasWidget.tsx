/** LoRAs: which files, and how strong each is. */
import { FilePlus2, X } from 'lucide-react';
import { type LoraUse, loraName, STRONGEST_LORA } from '../../../common/settings/loras.ts';
import { addLoras, addLorasAt, removeLora, setLoraStrength } from '../../actions/loras.ts';
import { tryTo } from '../../store/notices.ts';
import { endGesture } from '../../store/project.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import layout from '../../ui/layout.module.css';
import { DIFFERS, NumberInput } from '../../ui/NumberInput.tsx';
import { Slider } from '../../ui/Slider.tsx';
import texts from '../../ui/text.module.css';
import { count } from '../../words.ts';
import { FromLibrary } from '../FromLibrary.tsx';
import { PathField } from '../PathField.tsx';
import { Row } from '../Row.tsx';
import styles from './LorasWidget.module.css';
import numbers from './NumberWidget.module.css';
import type { WidgetProps } from './widget.ts';

export function LorasWidget(props: WidgetProps<'loras'>) {
  const { shots, differs, control } = props;
  const loras = props.value as readonly LoraUse[];
  const ids = shots.map(({ id }) => id);
  if (differs) return <Row {...props}>{() => <span className={texts.quiet}>{DIFFERS}</span>}</Row>;
  return (
    <Row {...props}>
      {() => (
        <>
          {loras.length > 0 ? (
            <ul className={styles.list} aria-label={count(loras.length, 'LoRA')}>
              {loras.map((lora, index) => (
                <LoraRow key={lora.path} shots={ids} loras={loras} index={index} control={control} />
              ))}
            </ul>
          ) : null}
          <FromLibrary
            kind="lora"
            label="Add a LoRA from the library"
            used={loras.map(({ path }) => path)}
            onAdd={(path) => tryTo(() => addLorasAt(ids, loras, [path]))}
          />
          <Button look="plain" onPress={() => tryTo(() => addLoras(ids, loras))}>
            <FilePlus2 aria-hidden="true" />
            Add a LoRA…
          </Button>
          <PathField what="a LoRA" onPath={(path) => tryTo(() => addLorasAt(ids, loras, [path]))} />
        </>
      )}
    </Row>
  );
}

interface LoraRowProps {
  readonly shots: readonly string[];
  readonly loras: readonly LoraUse[];
  readonly index: number;
  readonly control: WidgetProps<'loras'>['control'];
}

function LoraRow({ shots, loras, index, control }: LoraRowProps) {
  const { path, strength } = loras[index]!;
  const { low, high, step } = control;
  const name = loraName(path);
  const set = (value: number) => setLoraStrength(shots, loras, index, value);
  return (
    <li className={styles.lora}>
      <div className={layout.row}>
        <span className={texts.oneLine} title={path}>
          {name}
        </span>
        <IconButton name={`Remove ${name}`} onPress={() => tryTo(() => removeLora(shots, loras, index))}>
          <X />
        </IconButton>
      </div>
      <div className={numbers.number}>
        <Slider
          label={`Strength of ${name}`}
          isLabelHidden
          min={low}
          max={high}
          step={step}
          value={Math.max(low, Math.min(high, strength))}
          onChange={set}
          onEnd={endGesture}
        />
        <NumberInput
          label={`Strength of ${name}, by number`}
          value={strength}
          min={-STRONGEST_LORA}
          max={STRONGEST_LORA}
          step={step}
          onChange={(value) => {
            set(value ?? strength);
            endGesture();
          }}
        />
      </div>
    </li>
  );
}
