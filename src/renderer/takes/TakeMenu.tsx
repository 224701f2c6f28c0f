/** What can be done with a take. */
import { EllipsisVertical } from 'lucide-react';
import { Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import type { Take } from '../../common/project/document.ts';
import { askToReplace, exportTake } from '../actions/export.ts';
import { showQuality } from '../actions/quality.ts';
import { saveTakeLora } from '../actions/take-lora.ts';
import { compareTake, promoteTake, revealTake, takeSettingsBack } from '../actions/takes.ts';
import { tryTo } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import popover from '../ui/popover.module.css';

interface Props {
  readonly take: Take;
  /** The network learnt the shot for it. */
  readonly isLearnt: boolean;
  readonly onRename: () => void;
  readonly onNote: () => void;
  readonly onDelete: () => void;
}

export function TakeMenu({ take, isLearnt, onRename, onNote, onDelete }: Props) {
  const actions: Record<string, () => void | Promise<void>> = {
    show: () => promoteTake(take.shotId, take),
    compare: () => compareTake(take, null),
    quality: () => showQuality(take),
    settings: () => takeSettingsBack(take),
    rename: onRename,
    note: onNote,
    reveal: () => revealTake(take),
    export: () => exportTake(take),
    lora: () => saveTakeLora(take),
    replace: () => askToReplace(take),
    delete: onDelete,
  };
  return (
    <MenuTrigger>
      <Button look="icon" aria-label={`More for ${take.name}`}>
        <EllipsisVertical />
      </Button>
      <Popover className={popover.popover} placement="bottom end">
        <Menu className={popover.options} onAction={(key) => tryTo(() => actions[String(key)]?.())}>
          <MenuItem id="show" className={popover.menuItem}>
            Show on the timeline <kbd>Enter</kbd>
          </MenuItem>
          <MenuItem id="compare" className={popover.menuItem}>
            Compare with the clip
          </MenuItem>
          <MenuItem id="quality" className={popover.menuItem}>
            How good is it… <kbd>Q</kbd>
          </MenuItem>
          <MenuItem id="settings" className={popover.menuItem}>
            Use its settings again
          </MenuItem>
          <Separator className={popover.line} />
          <MenuItem id="note" className={popover.menuItem}>
            {take.note === '' ? 'Write a note' : 'Change the note'} <kbd>N</kbd>
          </MenuItem>
          <MenuItem id="rename" className={popover.menuItem}>
            Rename <kbd>F2</kbd>
          </MenuItem>
          <MenuItem id="reveal" className={popover.menuItem}>
            Show the file
          </MenuItem>
          <MenuItem id="export" className={popover.menuItem}>
            Export…
          </MenuItem>
          {isLearnt ? (
            <MenuItem id="lora" className={popover.menuItem}>
              Save as LoRA…
            </MenuItem>
          ) : null}
          <MenuItem id="replace" className={popover.menuItem}>
            Replace the source…
          </MenuItem>
          <MenuItem id="delete" className={popover.menuItem}>
            Delete <kbd>Del</kbd>
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
