/** One take: thumbnail, name, rating, what it was made with and what of that is not as in the take before. */
import { memo } from 'react';
import { GridListItem } from 'react-aria-components';
import type { ClipRef, Take } from '../../common/project/document.ts';
import { middleOf } from '../actions/contact-sheet.ts';
import { filesWith } from '../actions/drag-out.ts';
import { giveTakeName } from '../actions/takes.ts';
import { tryTo } from '../store/notices.ts';
import { NameField } from '../ui/NameField.tsx';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import { facts, when } from './describe.ts';
import { type MethodWords, promptSaid, saidOf } from './differ.ts';
import { Note } from './Note.tsx';
import { Rating } from './Rating.tsx';
import { TakeMenu } from './TakeMenu.tsx';
import styles from './TakeRow.module.css';
import { Thumbnail } from './Thumbnail.tsx';
import { Words } from './Words.tsx';

/** What of a take is being typed. */
export type Typing = 'name' | 'note';

interface Props {
  readonly take: Take;
  /** The one made before it; null for the first of its shot. */
  readonly before: Take | null;
  readonly method: MethodWords;
  /** "covers 12–48 of 0–120"; null where it covers its whole shot. */
  readonly part: string | null;
  /** The timeline shows it. */
  readonly isShown: boolean;
  /** There is room for what differs only. */
  readonly isShort: boolean;
  readonly typing: Typing | null;
  readonly onTyping: (id: string, what: Typing | null) => void;
  readonly onDelete: (take: Take) => void;
}

export const TakeRow = memo(
  ({ take, before, method, part, isShown, isShort, typing, onTyping, onDelete }: Props) => {
    const isMasked = take.settings.guide.mask !== null;
    const rated = take.rating === 0 ? 'not rated' : `${take.rating} of 5`;
    const prompt = promptSaid(take.settings.prompts.target, before?.settings.prompts.target ?? null);
    const said = saidOf(take, before, method);
    const model = { text: take.bundle, differs: before !== null && before.bundle !== take.bundle };
    const line = [...said.map(({ text }) => text), ...facts(take)].join(' · ');
    return (
      <GridListItem
        id={take.id}
        textValue={`${take.name}, ${rated}${isMasked ? ', masked' : ''}${part ? `, ${part}` : ''}, ${line}${take.note === '' ? '' : `, note: ${take.note}`}${isShown ? ', on the timeline' : ''}`}
        className={styles.take}
      >
        <Thumbnail path={take.path} frame={middleOf(take)} isShown={isShown} drags={() => filesWith(take)} />
        <div>
          {typing === 'name' ? (
            <NameField
              name={take.name}
              label="Name of the take"
              startsEditing
              onRename={(name) => tryTo(() => giveTakeName(take, name))}
              onEnd={() => onTyping(take.id, null)}
            />
          ) : (
            <p className={styles.name}>
              <span title={take.name}>{take.name}</span>
              {isMasked ? <Tag>masked</Tag> : null}
            </p>
          )}
          {isShort ? null : <p className={texts.quiet}>{when(take.createdAt, Date.now())}</p>}
          {part ? <p className={texts.quiet}>{part}</p> : null}
          <Rating take={take} />
        </div>
        <TakeMenu
          take={take}
          isLearnt={method?.learns === true}
          onRename={() => onTyping(take.id, 'name')}
          onNote={() => onTyping(take.id, 'note')}
          onDelete={() => onDelete(take)}
        />
        <p className={`${styles.settings} ${texts.quiet}`}>
          <span className={styles.prompt} title={take.settings.prompts.target}>
            <Words said={prompt} between="" />
          </span>
          <span className={styles.line}>
            <Words said={[model, ...said].filter(({ differs }) => differs || !isShort)} between=" · " />
            {isShort ? null : facts(take).map((fact) => ` · ${fact}`)}
          </span>
        </p>
        <Note
          take={take}
          isEditing={typing === 'note'}
          onEditing={(on) => onTyping(take.id, on ? 'note' : null)}
        />
      </GridListItem>
    );
  },
);
TakeRow.displayName = 'TakeRow';

interface ClipProps {
  readonly id: string;
  readonly clip: ClipRef;
  /** Of its picture. */
  readonly frame: number;
  readonly isShown: boolean;
}

/** The clip itself closes the list: pressing Enter on it goes back to before all takes. */
export function ClipRow({ id, clip, frame, isShown }: ClipProps) {
  return (
    <GridListItem
      id={id}
      textValue={`Clip ${clip.name}${isShown ? ', on the timeline' : ''}`}
      className={styles.take}
    >
      <Thumbnail path={clip.path} frame={frame} isShown={isShown} />
      <div>
        <p className={styles.name}>
          <span>Clip</span>
        </p>
        <p className={`${texts.quiet} ${styles.file}`} title={clip.name}>
          {clip.name}
        </p>
      </div>
    </GridListItem>
  );
}
