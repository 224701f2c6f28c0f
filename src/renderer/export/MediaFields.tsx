/** How pictures and sound leave: as they are, or made anew. */
import { useId } from 'react';
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { isPictures } from '../../common/formats/format.ts';
import { FORMATS, type TakeFormat } from '../../common/formats/registry.ts';
import { formatRational, parseRational } from '../../common/time/rational.ts';
import { choose } from '../actions/export.ts';
import { EDITING_RATES, rateOption } from '../store/rates.ts';
import { NumberInput } from '../ui/NumberInput.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import styles from './Export.module.css';
import { KEPT, MADE } from './wording.ts';

interface Props {
  readonly choice: ExportChoice;
  readonly refused: string | null;
}

type Made = Extract<ExportChoice['media'], { as: 'made' }>;

const USUAL: Omit<Made, 'format'> = {
  as: 'made',
  sound: true,
  handles: 0,
  handlesFromClip: true,
  rate: null,
};
const NAMES = '{project}_{shot}_{take}';

export function MediaFields({ choice, refused }: Props) {
  const id = useId();
  const { media } = choice;
  const made = media.as === 'made' ? media : null;
  const take = (chosen: string) => {
    if (chosen === 'copy') choose({ media: { as: 'copy' }, names: null });
    else if (chosen === 'link') choose({ media: { as: 'link' }, names: null });
    else
      choose({
        media: { ...USUAL, ...made, format: chosen as TakeFormat },
        names: choice.names ?? NAMES,
      });
  };
  const note = [...KEPT, ...MADE].find((one) => one.id === (made?.format ?? media.as))?.note;
  return (
    <>
      <div className={styles.field}>
        <Select
          label="Media"
          options={[...KEPT, ...MADE]}
          value={made?.format ?? media.as}
          onChange={take}
          describedBy={id}
        />
        <p id={id} className={refused ? texts.problem : texts.quiet}>
          {refused ?? note ?? ''}
        </p>
      </div>
      {made ? <MadeFields choice={choice} made={made} /> : null}
    </>
  );
}

function MadeFields({ choice, made }: { readonly choice: ExportChoice; readonly made: Made }) {
  const id = useId();
  const set = (patch: Partial<Made>) => choose({ media: { ...made, ...patch } });
  const flat = choice.what === 'timeline' || choice.what === 'range';
  const beside = isPictures(FORMATS[made.format]);
  return (
    <>
      <Switch isOn={made.sound} onChange={(sound) => set({ sound })}>
        Sound{beside && made.sound ? ', as a file beside the pictures' : ''}
      </Switch>
      {flat ? null : (
        <div className={styles.field}>
          <span id={id}>Handles, frames before and behind each file</span>
          <div className={styles.short}>
            <NumberInput
              label="Handles, frames before and behind each file"
              value={made.handles}
              onChange={(handles) => set({ handles: handles ?? 0 })}
              min={0}
              max={1000}
              integer
            />
            {made.handles > 0 ? (
              <Switch isOn={made.handlesFromClip} onChange={(handlesFromClip) => set({ handlesFromClip })}>
                From the clip where the take has none
              </Switch>
            ) : null}
          </div>
        </div>
      )}
      <Select
        label="Frame rate"
        options={RATES}
        value={made.rate ? formatRational(made.rate) : OWN}
        onChange={(chosen) => set({ rate: chosen === OWN ? null : parseRational(chosen) })}
      />
    </>
  );
}

const OWN = 'own';
const RATES = [
  { id: OWN, name: 'As it is' },
  ...EDITING_RATES.map((rate) => ({
    ...rateOption(rate),
    note: 'Length and sound stay; frames are left out or stand twice',
  })),
];
