/** One take: thumbnail, name, rating, settings and what can be done with it. */
import { EllipsisVertical } from 'lucide-react';
import { GridListItem, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import type { ClipRef, Shot, Take } from '../../common/project/document.ts';
import { showQuality } from '../actions/quality.ts';
import { compareTake, giveTakeName, promoteTake, revealTake, takeSettingsBack } from '../actions/takes.ts';
import { tryTo } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import { NameField } from '../ui/NameField.tsx';
import popover from '../ui/popover.module.css';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import { settingsLine, when } from './describe.ts';
import { Rating } from './Rating.tsx';
import styles from './TakeRow.module.css';
import { Thumbnail } from './Thumbnail.tsx';

interface Props {
  readonly take: Take;
  /** Its name as artists know it. */
  readonly method: string;
  /** The timeline shows it. */
  readonly isShown: boolean;
  readonly isRenaming: boolean;
  readonly onRenaming: (on: boolean) => void;
  readonly onDelete: () => void;
}

export function TakeRow({ take, method, isShown, isRenaming, onRenaming, onDelete }: Props) {
  const line = settingsLine(take, method);
  const isMasked = take.settings.guide.mask !== null;
  const rated = take.rating === 0 ? 'not rated' : `${take.rating} of 5`;
  const actions: Record<string, () => void | Promise<void>> = {
    show: () => promoteTake(take.shotId, take),
    compare: () => compareTake(take, null),
    quality: () => showQuality(take),
    settings: () => takeSettingsBack(take),
    rename: () => onRenaming(true),
    reveal: () => revealTake(take),
    delete: onDelete,
  };
  return (
    <GridListItem
      id={take.id}
      textValue={`${take.name}, ${rated}${isMasked ? ', masked' : ''}, ${line}${isShown ? ', on the timeline' : ''}`}
      className={styles.take}
    >
      <Thumbnail path={take.path} frame={Math.floor((take.end - take.start) / 2)} isShown={isShown} />
      <div>
        {isRenaming ? (
          <NameField
            name={take.name}
            label="Name of the take"
            startsEditing
            onRename={(name) => tryTo(() => giveTakeName(take, name))}
            onEnd={() => onRenaming(false)}
          />
        ) : (
          <p className={styles.name}>
            <span>{take.name}</span>
            {isMasked ? <Tag>masked</Tag> : null}
          </p>
        )}
        <p className={texts.quiet}>{when(take.createdAt, Date.now())}</p>
        <Rating take={take} />
      </div>
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
            <MenuItem id="rename" className={popover.menuItem}>
              Rename <kbd>F2</kbd>
            </MenuItem>
            <MenuItem id="reveal" className={popover.menuItem}>
              Show the file
            </MenuItem>
            <MenuItem id="delete" className={popover.menuItem}>
              Delete <kbd>Del</kbd>
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      <p className={`${styles.settings} ${texts.quiet}`} title={take.settings.prompts.target}>
        <span className={styles.prompt}>{take.settings.prompts.target}</span>
        <span>
          {take.bundle} · {line}
        </span>
      </p>
    </GridListItem>
  );
}

interface ClipProps {
  readonly id: string;
  readonly clip: ClipRef;
  readonly shot: Shot;
  readonly isShown: boolean;
}

/** The clip itself closes the list: pressing Enter on it goes back to before all takes. */
export function ClipRow({ id, clip, shot, isShown }: ClipProps) {
  return (
    <GridListItem
      id={id}
      textValue={`Clip ${clip.name}${isShown ? ', on the timeline' : ''}`}
      className={styles.take}
    >
      <Thumbnail path={clip.path} frame={shot.leadAnchor} isShown={isShown} />
      <div>
        <p className={styles.name}>
          <span>Clip</span>
        </p>
        <p className={`${texts.quiet} ${styles.file}`}>{clip.name}</p>
      </div>
    </GridListItem>
  );
}
