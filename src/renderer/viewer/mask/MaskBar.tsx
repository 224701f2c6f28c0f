/** What belongs to the mask tool in hand: what a new part does, the size of the brush, key frames, what lies over the picture. */
import { ChevronLeft, ChevronRight, Diamond, X } from 'lucide-react';
import { framesOf } from '../../../common/project/edits-mask.ts';
import { addInMiddle, closePolygon } from '../../actions/mask.ts';
import { brushRadius } from '../../actions/masked.ts';
import { run } from '../../actions/registry.ts';
import { CommandButton } from '../../commands/CommandButton.tsx';
import { type Overlay, setMasking, useMasking } from '../../store/masking.ts';
import { tryTo } from '../../store/notices.ts';
import { Button } from '../../ui/Button.tsx';
import { IconButton } from '../../ui/IconButton.tsx';
import layout from '../../ui/layout.module.css';
import { type Option, Select } from '../../ui/Select.tsx';
import { Slider } from '../../ui/Slider.tsx';
import type { Picture } from '../use-picture.ts';
import styles from './MaskBar.module.css';

const MODES: readonly Option[] = [
  { id: 'add', name: 'Adds' },
  { id: 'subtract', name: 'Takes away' },
];
const OVERLAYS: readonly Option[] = [
  { id: 'mask', name: 'Mask in sight' },
  { id: 'keep', name: 'What is protected' },
  { id: 'off', name: 'Picture alone' },
];

export function MaskBar({ picture: { shot, clip, clipFrame } }: { readonly picture: Picture }) {
  const { tool, part: held, corners, mode, overlay } = useMasking((state) => state);
  // The slider shows it; the brush is a share of the picture until the artist changes it.
  useMasking((state) => state.radius);
  if (tool === null || !shot || !clip) return null;
  const { mask } = shot.settings.guide;
  const part = mask?.parts.find(({ id }) => id === held) ?? null;
  const hasKey = part !== null && framesOf(part).includes(clipFrame);
  const isPainting = tool === 'brush' || tool === 'eraser';
  const most = Math.round(Math.min(clip.width, clip.height) / 2);
  const isDrawing = corners?.shotId === shot.id;
  return (
    <div className={layout.toolbar} role="toolbar" aria-label="Mask">
      {tool === 'select' || tool === 'eraser' ? null : (
        <div className={styles.choice}>
          <Select
            label="What a new part does"
            isLabelHidden
            options={MODES}
            value={mode}
            onChange={(id) => setMasking({ mode: id as 'add' | 'subtract' })}
          />
        </div>
      )}
      {isPainting ? (
        <div className={styles.amount}>
          <Slider
            label="Size of the brush"
            isLabelHidden
            isInline
            value={Math.min(most, 2 * brushRadius(clip))}
            min={2}
            max={2 * most}
            step={1}
            format={(value) => `${value} px`}
            onChange={(value) => setMasking({ radius: value / 2 })}
          />
        </div>
      ) : null}
      {tool === 'select' ? null : isDrawing ? (
        <Button onPress={() => tryTo(closePolygon)} isDisabled={corners.points.length < 3}>
          Close the polygon
        </Button>
      ) : (
        <Button onPress={() => tryTo(addInMiddle)}>
          {isPainting ? 'Dab in the middle' : 'Add in the middle'}
        </Button>
      )}
      <span className={layout.spring} />
      <CommandButton id="mask.previousKey" isDisabled={!mask}>
        <ChevronLeft />
      </CommandButton>
      <CommandButton id="mask.key" isOn={hasKey} isDisabled={!part}>
        <Diamond />
      </CommandButton>
      <CommandButton id="mask.nextKey" isDisabled={!mask}>
        <ChevronRight />
      </CommandButton>
      <div className={styles.choice}>
        <Select
          label="What lies over the picture"
          isLabelHidden
          options={OVERLAYS}
          value={overlay}
          onChange={(id) => setMasking({ overlay: id as Overlay })}
        />
      </div>
      <IconButton name="Leave the mask tools" onPress={() => void run('mask.leave')}>
        <X />
      </IconButton>
    </div>
  );
}
