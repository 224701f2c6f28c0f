/** Timecode, transport, compare, zoom and sound. */
import {
  ChevronFirst,
  ChevronLast,
  Columns2,
  Expand,
  Pause,
  Play,
  Repeat,
  StepBack,
  StepForward,
  Volume2,
  VolumeX,
} from 'lucide-react';
import { memo } from 'react';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { offsetTimecode } from '../../common/time/timecode.ts';
import { CommandButton } from '../commands/CommandButton.tsx';
import { useLength } from '../store/current.ts';
import { useDocument } from '../store/project.ts';
import { useView } from '../store/view.ts';
import { setViewer, useViewer } from '../store/viewer.ts';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import { Toolbar } from '../ui/Toolbar.tsx';
import texts from '../ui/text.module.css';
import styles from './TransportBar.module.css';
import type { Picture } from './use-picture.ts';

type Props = Pick<Picture, 'clip' | 'clipFrame'>;

/** A letter of a prompt draws none of it. */
export const TransportBar = memo(({ clip, clipFrame }: Props) => {
  const empty = useLength() === 0;
  const shuttle = useView((view) => view.shuttle);
  const loop = useView((view) => view.loop);
  const full = useView((view) => view.full);
  const comparing = useViewer((state) => state.comparison !== 'off');
  return (
    <div className={styles.bar}>
      <Readout clip={clip} clipFrame={clipFrame} />
      <Toolbar label="Transport" className={styles.keys}>
        <CommandButton id="seek.start" isDisabled={empty}>
          <ChevronFirst />
        </CommandButton>
        <CommandButton id="seek.back" isDisabled={empty}>
          <StepBack />
        </CommandButton>
        <CommandButton id="play.toggle" name={shuttle === 0 ? 'Play' : 'Stop'} isDisabled={empty}>
          {shuttle === 0 ? <Play /> : <Pause />}
        </CommandButton>
        <CommandButton id="seek.forward" isDisabled={empty}>
          <StepForward />
        </CommandButton>
        <CommandButton id="seek.end" isDisabled={empty}>
          <ChevronLast />
        </CommandButton>
        <CommandButton id="play.loop" isOn={loop} isDisabled={empty}>
          <Repeat />
        </CommandButton>
        {shuttle !== 0 && shuttle !== 1 ? (
          <span className={`${styles.speed} ${texts.mono}`}>{shuttle}×</span>
        ) : null}
      </Toolbar>
      <div className={styles.view}>
        <Toolbar label="Picture and sound" className={styles.tools}>
          <CommandButton id="compare.toggle" isOn={comparing} isDisabled={empty}>
            <Columns2 />
          </CommandButton>
          <ZoomSelect />
          <Mute has={clip?.hasAudio ?? false} />
        </Toolbar>
        <Volume />
        <CommandButton id="view.full" isOn={full} isDisabled={empty}>
          <Expand />
        </CommandButton>
      </div>
    </div>
  );
});
TransportBar.displayName = 'TransportBar';

/** Timecode of the timeline or of the clip itself; pressing changes which. */
function Readout({ clip, clipFrame }: Props) {
  const playhead = useView((view) => view.playhead);
  const label = useDocument((document) => timecodeAt(document, playhead));
  const mode = useViewer((state) => state.timecode);
  const stands = useView((view) => view.shuttle === 0);
  const shown = useViewer((state) => state.shown);
  const source = clip && (offsetTimecode(clip.timecode ?? '00:00:00:00', clipFrame, clip.rate) ?? null);
  const isSource = mode === 'source' && source !== null;
  const text = isSource ? source : label;
  const frame = isSource ? clipFrame : playhead;
  return (
    <button
      type="button"
      className={`${styles.readout} ${texts.mono}`}
      title={
        isSource
          ? 'Timecode of the clip; press for the timeline'
          : 'Timecode of the timeline; press for the clip'
      }
      data-pending={(stands && shown !== playhead && clip !== null) || undefined}
      onClick={() => setViewer({ timecode: isSource ? 'timeline' : 'source' })}
    >
      <span className={texts.hidden}>{isSource ? 'Clip' : 'Timeline'} timecode </span>
      <strong>{text}</strong>
      <span className={texts.quiet}>
        <span className={texts.hidden}>, frame </span>
        {isSource ? 'clip ' : ''}
        {frame}
      </span>
    </button>
  );
}

const ZOOMS = [0.25, 0.5, 1, 2, 4, 8];

function ZoomSelect() {
  const zoom = useViewer((state) => state.camera.zoom);
  const percent = zoom === null ? null : Math.round(zoom * devicePixelRatio * 100);
  const listed = percent === null || ZOOMS.includes(percent / 100);
  const options = [
    { id: 'fit', name: 'Fit' },
    ...ZOOMS.map((one) => ({ id: String(one * 100), name: `${one * 100} %` })),
    ...(listed ? [] : [{ id: String(percent), name: `${percent} %` }]),
  ];
  return (
    <div className={styles.zoom}>
      <Select
        label="Zoom"
        isLabelHidden
        options={options}
        value={percent === null ? 'fit' : String(percent)}
        onChange={(id) =>
          setViewer({
            camera: { zoom: id === 'fit' ? null : Number(id) / 100 / devicePixelRatio, x: 0, y: 0 },
          })
        }
      />
    </div>
  );
}

function Mute({ has }: { readonly has: boolean }) {
  const muted = useViewer((state) => state.muted);
  return (
    <CommandButton id="sound.mute" name={has ? (muted ? 'Sound on' : 'Sound off') : 'This clip has no sound'}>
      {muted || !has ? <VolumeX /> : <Volume2 />}
    </CommandButton>
  );
}

function Volume() {
  const volume = useViewer((state) => state.volume);
  const muted = useViewer((state) => state.muted);
  return (
    <div className={styles.volume}>
      <Slider
        label="Volume"
        isLabelHidden
        value={muted ? 0 : volume}
        min={0}
        max={1}
        step={0.05}
        onChange={(value) => setViewer({ volume: value, muted: value === 0 })}
      />
    </div>
  );
}
