/** Cuts the clip in hand anew with another sensitivity. */
import { useState } from 'react';
import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';
import { DEFAULT_SENSITIVITY, findShots } from '../actions/import-clip.ts';
import { useCurrentShot } from '../store/current.ts';
import { attempt } from '../store/notices.ts';
import { useDocument } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';

export function FindShots() {
  const [sensitivity, setSensitivity] = useState(DEFAULT_SENSITIVITY);
  const [busy, setBusy] = useState(false);
  const shot = useCurrentShot();
  const clip = useDocument((document) => (shot ? document.clips[shot.item.clipId] : undefined));
  if (!clip) return <p className="quiet">Choose a shot of the clip first.</p>;
  const start = async () => {
    setBusy(true);
    await attempt(findShots(clip.id, sensitivity));
    setBusy(false);
    setView({ dialog: null });
  };
  return (
    <div className="find-shots">
      <p>Cuts {clip.name} anew. Shots that have takes stay as they are.</p>
      <Slider
        className="slider"
        value={sensitivity}
        onChange={setSensitivity}
        minValue={0}
        maxValue={1}
        step={0.05}
      >
        <Label>Sensitivity</Label>
        <SliderOutput>{({ state }) => `${Math.round(state.values[0]! * 100)} %`}</SliderOutput>
        <SliderTrack className="slider-track">
          <SliderThumb className="slider-thumb" />
        </SliderTrack>
      </Slider>
      <Button look="primary" isDisabled={busy} onPress={() => void start()}>
        {busy ? 'Looking for cuts…' : 'Find shots'}
      </Button>
    </div>
  );
}
