/** Where it goes, what files are called, and at which label the timeline begins. */
import { useEffect, useId, useState } from 'react';
import type { ExportChoice } from '../../common/delivery/choice.ts';
import { timecodeAt } from '../../common/project/start-timecode.ts';
import { choose, chooseExportFolder, setExportFolder, setExportStart } from '../actions/export.ts';
import { type Foreseen, useExporting } from '../store/exporting.ts';
import { useDocument } from '../store/project.ts';
import { useNameWords } from '../store/timeline-ways.ts';
import inputs from '../ui/input.module.css';
import { PlaceField } from '../ui/PlaceField.tsx';
import texts from '../ui/text.module.css';
import { listed, nameOfFile } from '../words.ts';
import styles from './Export.module.css';
import { refusedAt } from './refused.ts';

interface Props {
  readonly choice: ExportChoice;
  readonly foreseen: Foreseen | null;
}

const MOST_EXAMPLES = 3;

export function PlaceFields({ choice, foreseen }: Props) {
  const folder = useExporting((exporting) => exporting.folder);
  return (
    <>
      <PlaceField
        label="Folder, made new"
        path={folder}
        problem={refusedAt(foreseen, 'folder')}
        onChange={setExportFolder}
        onChoose={() => void chooseExportFolder()}
      />
      {choice.media.as === 'link' ? null : <Names choice={choice} foreseen={foreseen} />}
      <Start refused={refusedAt(foreseen, 'start')} />
    </>
  );
}

/** What the engine would call the files: names are made in one place. */
function Names({ choice, foreseen }: Props) {
  const id = useId();
  const names = choice.names ?? '';
  const [text, setText] = useState(names);
  useEffect(() => setText(names), [names]);
  const refused = refusedAt(foreseen, 'names');
  const words = useNameWords();
  const files =
    foreseen?.state === 'known' ? foreseen.forecast.files.map(({ name }) => nameOfFile(name)) : [];
  const kept = choice.media.as === 'copy';
  return (
    <div className={styles.field}>
      <label htmlFor={id}>Names</label>
      <input
        id={id}
        className={inputs.input}
        value={text}
        placeholder={kept ? 'As they are' : '{project}_{shot}_{take}'}
        spellCheck={false}
        maxLength={500}
        aria-invalid={refused !== null}
        aria-describedby={`${id}-line`}
        onChange={({ target: { value } }) => {
          setText(value);
          choose({ names: value === '' ? null : value });
        }}
      />
      <p id={`${id}-line`} className={refused ? texts.problem : `${texts.quiet} ${texts.path}`}>
        {refused ??
          (files.length > 0
            ? listed(files, MOST_EXAMPLES)
            : `Words that are filled in: ${(words ?? []).map(({ id }) => `{${id}}`).join(' ')}`)}
      </p>
    </div>
  );
}

function Start({ refused }: { readonly refused: string | null }) {
  const id = useId();
  const own = useExporting((exporting) => exporting.startTimecode);
  const project = useDocument((document) => timecodeAt(document, 0));
  const [text, setText] = useState(own ?? '');
  const take = () => {
    const wanted = text.trim();
    setExportStart(wanted === '' ? null : wanted);
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id}>Timeline begins at</label>
      <input
        id={id}
        className={`${inputs.input} ${texts.mono}`}
        value={text}
        placeholder={project}
        spellCheck={false}
        maxLength={20}
        aria-invalid={refused !== null}
        aria-describedby={`${id}-line`}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
        }}
      />
      <p id={`${id}-line`} className={refused ? texts.problem : texts.quiet}>
        {refused ?? 'Empty: as the project has it'}
      </p>
    </div>
  );
}
