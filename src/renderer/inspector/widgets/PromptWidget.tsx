/** A prompt: how much of it is read, and what in it is not read as it is meant. */
import { useId } from 'react';
import { syntaxNotes, unreadNegative } from '../../../common/prompt-notes.ts';
import { endGesture } from '../../store/project.ts';
import inputs from '../../ui/input.module.css';
import texts from '../../ui/text.module.css';
import { nameOfFile, sentence } from '../../words.ts';
import { Describe } from '../Describe.tsx';
import { PromptHistory } from '../PromptHistory.tsx';
import type { PromptKey } from '../prompt-history.ts';
import { lengthHint } from '../prompt-length.ts';
import row from '../Row.module.css';
import { inPapers } from '../Row.tsx';
import type { WidgetProps } from './widget.ts';

/** The word that an embedding's file stands for. */
const wordOf = (path: string) => nameOfFile(path).replace(/\.[^.]*$/, '');

export function PromptWidget({ field, control, value, differs, shot, onChange }: WidgetProps<'prompt'>) {
  const id = useId();
  const text = differs ? '' : String(value ?? '');
  const { weighting } = shot.settings.prompts;
  const embeddings = shot.settings.model.embeddings.map(wordOf);
  const length = lengthHint(text, weighting);
  const unread = field.path === 'prompts.negative' && !differs ? unreadNegative(shot.settings) : null;
  const notes = [
    ...syntaxNotes(text, { weighting, embeddings }),
    ...(unread === null ? [] : [sentence(unread)]),
  ];
  const described = [length ? `${id}-length` : '', notes.length > 0 ? `${id}-notes` : ''].filter(Boolean);
  return (
    <div className={row.row}>
      <div className={row.head}>
        <label className={row.name} htmlFor={id} title={inPapers(field.term)}>
          {field.label}
        </label>
        <span className={row.tools}>
          {field.path === 'prompts.source' ? <Describe shotId={shot.id} /> : null}
          <PromptHistory
            label={field.label}
            field={field.path.replace('prompts.', '') as PromptKey}
            present={text}
            onChoose={(chosen) => {
              onChange(chosen);
              endGesture();
            }}
          />
        </span>
      </div>
      <textarea
        // Its own undo is that of one shot.
        key={shot.id}
        id={id}
        className={inputs.input}
        rows={control.rows}
        maxLength={control.length ?? undefined}
        placeholder={differs ? 'Differs between the chosen shots; typing replaces all' : field.help}
        aria-describedby={described.join(' ') || undefined}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onBlur={endGesture}
      />
      {length ? (
        <p className={`${row.note} ${texts.quiet}`} id={`${id}-length`}>
          {length}
        </p>
      ) : null}
      {notes.length > 0 ? (
        <p className={`${row.note} ${texts.warn}`} id={`${id}-notes`}>
          {notes.join(' · ')}
        </p>
      ) : null}
    </div>
  );
}
