/** Which takes, shots or part of the timeline. */
import { useId } from 'react';
import { type ExportChoice, WHATS, type What } from '../../common/delivery/choice.ts';
import { askedOf } from '../../common/delivery/request.ts';
import { choose, exportSubject } from '../actions/export.ts';
import { useDocument } from '../store/project.ts';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import styles from './Export.module.css';
import { WHAT_WORDS } from './wording.ts';

interface Props {
  readonly choice: ExportChoice;
  readonly refused: string | null;
}

export function WhatField({ choice, refused }: Props) {
  const id = useId();
  useDocument((document) => document);
  const subject = exportSubject();
  const options = WHATS.map((what) => {
    const asked = askedOf(what, subject);
    const { name, none } = WHAT_WORDS[what];
    return { id: what, name: asked ? `${name}${many(asked)}` : name, disabled: asked ? null : none };
  });
  return (
    <div className={styles.field}>
      <Select
        label="What"
        options={options}
        value={choice.what}
        onChange={(what) => choose({ what: what as What })}
        describedBy={id}
      />
      <p id={id} className={refused ? texts.problem : texts.quiet}>
        {refused ??
          (choice.media.as === 'made' ? WHAT_WORDS[choice.what].made : WHAT_WORDS[choice.what].kept)}
      </p>
    </div>
  );
}

function many(asked: NonNullable<ReturnType<typeof askedOf>>): string {
  if (asked.kind === 'takes') return ` (${count(asked.takes.length, 'take')})`;
  if (asked.kind === 'shots') return ` (${count(asked.shots.length, 'shot')})`;
  return asked.range ? ` (${count(asked.range.to - asked.range.from, 'frame')})` : '';
}
