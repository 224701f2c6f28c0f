/** Cuts the clip in hand anew with another sensitivity. */
import { useState } from 'react';
import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';
import { DEFAULT_SENSITIVITY, findShots } from '../actions/import-clip.ts';
import { useCurrentShot } from '../store/current.ts';
import { attempt } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import styles from './FindShots.module.css';

export function FindShots() {
  const [sensitivity, setSensitivity] = useState(DEFAULT_SENSITIVITY);
  const [busy, setBusy] = useState(false);
  const shot = useCurrentShot();
  const clip = useDocument((document) => (shot ? document.clips[shot.item.clipId] : undefined));
  if (!clip) return <p className={texts.quiet}>Choose a shot of the clip first.</p>;
  const start = async () => {
    setBusy(true);
    await attempt(findShots(clip.id, sensitivity));
    setBusy(false);
    setView({ dialog: null });
  };
  return (
    <div className={styles.form}>
      <p>Cuts {clip.name} anew. Shots that have takes stay as they are.</p>
      <Slider
        className={styles.slider}
        value={sensitivity}
        onChange={setSensitivity}
        minValue={0}
        maxValue={1}
        step={0.05}
      >
        <Label>Sensitivity</Label>
        <SliderOutput>{({ state }) => `${Math.round(state.values[0]! * 100)} %`}</SliderOutput>
        <SliderTrack className={styles.track}>
          <SliderThumb className={styles.thumb} />
        </SliderTrack>
      </Slider>
      <Button look="primary" isDisabled={busy} onPress={() => void start()}>
        {busy ? 'Looking for cuts…' : 'Find shots'}
      </Button>
    </div>
  );
}
