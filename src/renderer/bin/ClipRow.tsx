/** A clip: a picture, its name, what it is, whether its file is there and how many shots show it. */
import { EllipsisVertical, GripVertical } from 'lucide-react';
import { useState } from 'react';
import {
  Button as AriaButton,
  GridListItem,
  Keyboard,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  Separator,
  Text,
} from 'react-aria-components';
import type { ClipRef } from '../../common/project/document.ts';
import { runOfPattern } from '../../common/sequence.ts';
import { showUses } from '../actions/clips.ts';
import { commands, run } from '../actions/registry.ts';
import { findMissing, takeFound } from '../actions/relink.ts';
import { previewUrl } from '../engine.ts';
import { useKeyLabel } from '../keyboard/bindings.ts';
import { attempt, tryTo } from '../store/notices.ts';
import { useClipPreview } from '../store/previews.ts';
import { type Missing, useDocument, useOpened } from '../store/project.ts';
import { setView } from '../store/view.ts';
import { Button } from '../ui/Button.tsx';
import { NameField } from '../ui/NameField.tsx';
import popover from '../ui/popover.module.css';
import { Still } from '../ui/Still.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './ClipRow.module.css';
import { lengthOf, metadataOf, usesOf } from './describe.ts';

interface Props {
  readonly clip: ClipRef;
  readonly isRenaming: boolean;
  readonly onRenaming: (on: boolean) => void;
  readonly onRename: (name: string) => void;
}

export function ClipRow({ clip, isRenaming, onRenaming, onRename }: Props) {
  const uses = useDocument(({ timeline }) => usesOf(timeline).get(clip.id) ?? 0);
  const missing = useOpened()?.missing.find((one) => one.clipId === clip.id) ?? null;
  const [seen, setSeen] = useState(false);
  const known = useClipPreview(seen && !missing ? clip.path : null);
  const thumbnails = known?.state === 'ready' ? known.preview.thumbnails : null;
  return (
    <GridListItem id={clip.id} textValue={clip.name} className={styles.clip}>
      <div className={styles.picture}>
        <Still
          sheet={thumbnails && { ...thumbnails, url: previewUrl(thumbnails.sheet) }}
          frame={Math.floor(clip.frames / 2)}
          state={missing ? 'failed' : (known?.state ?? 'making')}
          why={known?.state === 'failed' ? known.why : undefined}
          onSeen={() => setSeen(true)}
        />
        {/* Where a keyboard or a screen reader begins to drag. */}
        <AriaButton slot="drag" className={styles.grip} aria-label={`Drag ${clip.name}`}>
          <GripVertical />
        </AriaButton>
      </div>
      <div className={styles.words}>
        {isRenaming ? (
          <NameField
            name={clip.name}
            label={`Name of ${clip.name}`}
            startsEditing
            onRename={onRename}
            onEnd={() => onRenaming(false)}
          />
        ) : (
          <span className={styles.name} title={clip.path}>
            {clip.name}
          </span>
        )}
        <span className={texts.quiet}>{lengthOf(clip)}</span>
      </div>
      <ClipMenu clip={clip} onRename={() => onRenaming(true)} />
      <p className={`${texts.quiet} ${styles.metadata}`}>{metadataOf(clip)}</p>
      <div className={styles.state}>
        {uses > 0 ? (
          <Button look="plain" onPress={() => tryTo(() => showUses(clip))}>
            {count(uses, 'shot')}
          </Button>
        ) : (
          <span className={texts.quiet}>No shot shows it</span>
        )}
        {missing ? <MissingNote missing={missing} /> : null}
      </div>
    </GridListItem>
  );
}

function MissingNote({ missing }: { readonly missing: Missing }) {
  const { foundAt } = missing;
  return (
    <>
      <span className={texts.problem}>{missing.network ? 'On the network' : 'File is missing'}</span>
      {foundAt ? (
        <Button onPress={() => takeFound(missing, foundAt)}>Use {foundAt}</Button>
      ) : (
        <Button onPress={() => void attempt(findMissing(missing))}>Find…</Button>
      )}
    </>
  );
}

function ClipMenu({ clip, onRename }: { readonly clip: ClipRef; readonly onRename: () => void }) {
  const act = (key: string) => {
    if (key === 'rename') return onRename();
    setView({ clip: clip.id });
    void run(key);
  };
  return (
    <MenuTrigger>
      <Button look="icon" aria-label={`More for ${clip.name}`}>
        <EllipsisVertical />
      </Button>
      <Popover className={popover.popover} placement="bottom end">
        <Menu className={popover.options} onAction={(key) => act(String(key))}>
          <Entry id="clip.insert" />
          <Entry id="clip.append" />
          <Entry id="clip.uses" />
          <Separator className={popover.line} />
          <Entry id="clip.reveal" />
          <Entry id="clip.relink" />
          {runOfPattern(clip.path) ? <Entry id="clip.rate" /> : null}
          <Entry id="clip.remove" />
          <MenuItem id="rename" className={popover.menuItem}>
            <Text slot="label">Rename</Text>
            <Keyboard>F2</Keyboard>
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Entry({ id }: { readonly id: string }) {
  const label = useKeyLabel(id);
  const name = commands.find((command) => command.id === id)?.name ?? id;
  return (
    <MenuItem id={id} className={popover.menuItem} textValue={name}>
      <Text slot="label">{name}</Text>
      {label ? <Keyboard>{label}</Keyboard> : null}
    </MenuItem>
  );
}
