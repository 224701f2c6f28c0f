/** Timecode, edit tools, snapping and zoom above the timeline. */
import {
  Anchor,
  ArrowUpFromLine,
  Bookmark,
  CopyPlus,
  Magnet,
  Maximize2,
  Merge,
  MousePointer2,
  MoveHorizontal,
  ScanSearch,
  Scissors,
  SeparatorVertical,
  Trash2,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { timelineRate } from '../../common/project/positions.ts';
import { CommandButton } from '../commands/CommandButton.tsx';
import { useLength } from '../store/current.ts';
import { useDocument } from '../store/project.ts';
import { useView } from '../store/view.ts';
import layout from '../ui/layout.module.css';
import { Toolbar } from '../ui/Toolbar.tsx';
import texts from '../ui/text.module.css';
import { timecodeOf } from './ruler.ts';
import { Timecode } from './Timecode.tsx';
import styles from './TimelineBar.module.css';

export function TimelineBar() {
  const empty = useLength() === 0;
  const tool = useView((view) => view.tool);
  const snapping = useView((view) => view.snapping);
  return (
    <div className={styles.bar}>
      <Timecode />
      <span className={layout.divider} />
      <Toolbar label="Timeline tools" className={styles.tools}>
        <CommandButton id="edit.split" isDisabled={empty}>
          <Scissors />
        </CommandButton>
        <CommandButton id="edit.merge" isDisabled={empty}>
          <Merge />
        </CommandButton>
        <CommandButton id="edit.delete" isDisabled={empty}>
          <Trash2 />
        </CommandButton>
        <CommandButton id="edit.lift" isDisabled={empty}>
          <ArrowUpFromLine />
        </CommandButton>
        <CommandButton id="edit.duplicate" isDisabled={empty}>
          <CopyPlus />
        </CommandButton>
        <span className={layout.divider} />
        <CommandButton id="tool.select" isOn={tool === 'select'} isDisabled={empty}>
          <MousePointer2 />
        </CommandButton>
        <CommandButton id="tool.slip" isOn={tool === 'slip'} isDisabled={empty}>
          <MoveHorizontal />
        </CommandButton>
        <CommandButton id="tool.roll" isOn={tool === 'roll'} isDisabled={empty}>
          <SeparatorVertical />
        </CommandButton>
        <span className={layout.divider} />
        <CommandButton id="marker.add" isDisabled={empty}>
          <Bookmark />
        </CommandButton>
        <CommandButton id="anchor.add" isDisabled={empty}>
          <Anchor />
        </CommandButton>
        <CommandButton id="clip.findShots" isDisabled={empty}>
          <ScanSearch />
        </CommandButton>
        <span className={layout.spring} />
        <Lengths />
        <CommandButton id="view.snapping" name="Snapping" isOn={snapping}>
          <Magnet />
        </CommandButton>
        <CommandButton id="zoom.out" isDisabled={empty}>
          <ZoomOut />
        </CommandButton>
        <CommandButton id="zoom.in" isDisabled={empty}>
          <ZoomIn />
        </CommandButton>
        <CommandButton id="zoom.fit" isDisabled={empty}>
          <Maximize2 />
        </CommandButton>
      </Toolbar>
    </div>
  );
}

/** Length of the range between In and Out, else of the timeline. */
function Lengths() {
  const length = useLength();
  const rate = useDocument(timelineRate);
  const inFrame = useView((view) => view.inFrame);
  const outFrame = useView((view) => view.outFrame);
  const ranged = inFrame !== null || outFrame !== null;
  const frames = ranged ? (outFrame ?? length) - (inFrame ?? 0) : length;
  return (
    <span className={`${texts.quiet} ${texts.mono}`}>
      {ranged ? 'In to Out ' : ''}
      {timecodeOf(Math.max(0, frames), rate)}
    </span>
  );
}
