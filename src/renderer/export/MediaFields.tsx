/** How pictures and sound leave: as they are, or made anew. */
import { FolderOpen } from 'lucide-react';
import { useId } from 'react';
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { isPictures } from '../../common/formats/format.ts';
import { FORMATS, type TakeFormat } from '../../common/formats/registry.ts';
import { formatRational, parseRational } from '../../common/time/rational.ts';
import { choose } from '../actions/export.ts';
import { shell } from '../engine.ts';
import { useEstimatorOptions } from '../store/estimators.ts';
import { tryTo } from '../store/notices.ts';
import { EDITING_RATES, rateOption } from '../store/rates.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import { NumberInput } from '../ui/NumberInput.tsx';
import { Select } from '../ui/Select.tsx';
import { Switch } from '../ui/Switch.tsx';
import texts from '../ui/text.module.css';
import { nameOfFile } from '../words.ts';
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
      <Larger made={made} onChange={(upscaler) => set({ upscaler })} />
      <Select
        label="Frame rate"
        options={RATES}
        value={made.rate ? formatRational(made.rate) : OWN}
        onChange={(chosen) => set({ rate: chosen === OWN ? null : parseRational(chosen) })}
      />
    </>
  );
}

/** Null of no upscaler: no path is called so. */
const NOT = 'not';

function Larger({
  made: { upscaler },
  onChange,
}: {
  readonly made: Made;
  readonly onChange: (upscaler: string | undefined) => void;
}) {
  const known = useEstimatorOptions('upscaler');
  const choose = async () => {
    const path = await shell().openFolderDialog('Folder of an upscaler');
    if (path !== null) onChange(path);
  };
  const other = upscaler !== undefined && !known.some(({ id }) => id === upscaler);
  const options = [
    { id: NOT, name: 'As large as they are' },
    ...known,
    ...(other ? [{ id: upscaler, name: nameOfFile(upscaler), note: upscaler }] : []),
  ];
  return (
    <div className={styles.field}>
      <Select
        label="Pictures larger, by an upscaler"
        options={options}
        value={upscaler ?? NOT}
        onChange={(id) => onChange(id === NOT ? undefined : id)}
      />
      <div className={layout.row}>
        <Button look="plain" onPress={() => tryTo(choose)}>
          <FolderOpen aria-hidden="true" />
          Folder of an upscaler…
        </Button>
      </div>
    </div>
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
