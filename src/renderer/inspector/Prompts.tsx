/** What the take shall show, what the clip shows, and what to keep away from. */
import { useId } from 'react';
import type { Shot, ShotSettings } from '../../common/project/document.ts';
import { syntaxNotes, unreadNegative } from '../../common/prompt-notes.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import { setChosenSettings } from '../actions/settings.ts';
import { endGesture } from '../store/project.ts';
import inputs from '../ui/input.module.css';
import texts from '../ui/text.module.css';
import { differIn } from './differs.ts';
import { lengthHint } from './prompt-length.ts';
import setting from './setting.module.css';

type PromptKey = keyof ShotSettings['prompts'];

const FIELDS = SETTINGS.fieldsOf('shot').filter(({ group }) => group === 'prompts');

interface PromptsProps {
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export function Prompts({ shot, shots }: PromptsProps) {
  return FIELDS.map((field) => (
    <PromptField
      key={`${shot.id} ${field.key}`}
      settings={shot.settings}
      differs={differIn(shots, (settings) => settings.prompts[field.key as PromptKey])}
      field={field}
    />
  ));
}

/** What of the field will not be read as it is meant. */
function notesOn(settings: ShotSettings, name: PromptKey): readonly string[] {
  const unread = name === 'negative' ? unreadNegative(settings) : null;
  return [...syntaxNotes(settings.prompts[name]), ...(unread === null ? [] : [sentence(unread)])];
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

interface Props {
  /** Of the shot in hand. */
  readonly settings: ShotSettings;
  /** Among several chosen shots: what is typed then becomes the text of all. */
  readonly differs: boolean;
  readonly field: (typeof FIELDS)[number];
}

function PromptField({ settings, differs, field }: Props) {
  const { label, help, widget, limits } = field;
  const name = field.key as PromptKey;
  const id = useId();
  const text = differs ? '' : settings.prompts[name];
  const length = lengthHint(text);
  const notes = differs ? [] : notesOn(settings, name);
  return (
    <div className={setting.setting}>
      <label className={setting.name} htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={inputs.input}
        rows={widget.kind === 'prompt' ? widget.rows : 1}
        maxLength={limits.length ?? undefined}
        placeholder={differs ? 'Differs between the chosen shots; typing replaces all' : help}
        aria-describedby={
          [...(length ? [`${id}-length`] : []), ...(notes.length > 0 ? [`${id}-notes`] : [])].join(' ') ||
          undefined
        }
        value={text}
        onChange={(event) => setChosenSettings({ prompts: { [name]: event.target.value } })}
        onBlur={endGesture}
      />
      {length ? (
        <p
          className={length.tooLong ? `${setting.note} ${texts.warn}` : `${setting.note} ${texts.quiet}`}
          id={`${id}-length`}
        >
          {length.text}
        </p>
      ) : null}
      {notes.length > 0 ? (
        <p className={`${setting.note} ${texts.warn}`} id={`${id}-notes`}>
          {notes.join(' · ')}
        </p>
      ) : null}
    </div>
  );
}
