/** One take: thumbnail, name, rating, settings and what can be done with it. */
import { EllipsisVertical } from 'lucide-react';
import {
  Button as AriaButton,
  GridListItem,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  Separator,
} from 'react-aria-components';
import type { ClipRef, Shot, Take } from '../../common/project/document.ts';
import { compareTake, giveTakeName, promoteTake, revealTake, takeSettingsBack } from '../actions/takes.ts';
import { attempt } from '../store/notices.ts';
import { NameField } from '../ui/NameField.tsx';
import { settingsLine, when } from './describe.ts';
import { Rating } from './Rating.tsx';
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

const tryTo = (work: () => void | Promise<void>) => void attempt(Promise.resolve().then(work));

export function TakeRow({ take, method, isShown, isRenaming, onRenaming, onDelete }: Props) {
  const line = settingsLine(take, method);
  const rated = take.rating === 0 ? 'not rated' : `${take.rating} of 5`;
  const actions: Record<string, () => void | Promise<void>> = {
    show: () => promoteTake(take.shotId, take),
    compare: () => compareTake(take, null),
    settings: () => takeSettingsBack(take),
    rename: () => onRenaming(true),
    reveal: () => revealTake(take),
    delete: onDelete,
  };
  return (
    <GridListItem
      id={take.id}
      textValue={`${take.name}, ${rated}, ${line}${isShown ? ', on the timeline' : ''}`}
      className="take"
    >
      <Thumbnail path={take.path} frame={Math.floor((take.end - take.start) / 2)} isShown={isShown} />
      <div className="take-text">
        {isRenaming ? (
          <NameField
            name={take.name}
            label="Name of the take"
            startsEditing
            onRename={(name) => tryTo(() => giveTakeName(take, name))}
            onEnd={() => onRenaming(false)}
          />
        ) : (
          <p className="take-name">
            <span>{take.name}</span>
          </p>
        )}
        <p className="quiet">{when(take.createdAt, Date.now())}</p>
        <Rating take={take} />
      </div>
      <MenuTrigger>
        <AriaButton className="button plain icon" aria-label={`More for ${take.name}`}>
          <EllipsisVertical />
        </AriaButton>
        <Popover className="popover" placement="bottom end">
          <Menu className="options" onAction={(key) => tryTo(() => actions[String(key)]?.())}>
            <MenuItem id="show" className="menu-item">
              Show on the timeline <kbd>Enter</kbd>
            </MenuItem>
            <MenuItem id="compare" className="menu-item">
              Compare with the clip
            </MenuItem>
            <MenuItem id="settings" className="menu-item">
              Use its settings again
            </MenuItem>
            <Separator className="menu-line" />
            <MenuItem id="rename" className="menu-item">
              Rename <kbd>F2</kbd>
            </MenuItem>
            <MenuItem id="reveal" className="menu-item">
              Show the file
            </MenuItem>
            <MenuItem id="delete" className="menu-item">
              Delete <kbd>Del</kbd>
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      <p className="take-settings quiet" title={take.settings.prompt}>
        <span className="take-prompt">{take.settings.prompt}</span>
        <span>{line}</span>
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
      className="take clip"
    >
      <Thumbnail path={clip.path} frame={shot.leadAnchor} isShown={isShown} />
      <div className="take-text">
        <p className="take-name">
          <span>Clip</span>
        </p>
        <p className="quiet take-file">{clip.name}</p>
      </div>
    </GridListItem>
  );
}
