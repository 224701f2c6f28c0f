/** One entry: its picture, what it is, what is wrong with it, and more when asked for. */
import { Box, CircleDashed, Layers, ScanEye, Spline, Type } from 'lucide-react';
import prettyBytes from 'pretty-bytes';
import type { CSSProperties } from 'react';
import type { LibraryEntry, LibraryKind } from '../../common/contract/library.ts';
import { trialLine } from '../store/trying.ts';
import { Button } from '../ui/Button.tsx';
import { Tag } from '../ui/Tag.tsx';
import texts from '../ui/text.module.css';
import { nameOfFile } from '../words.ts';
import styles from './EntryRow.module.css';
import { Inside } from './Inside.tsx';
import { Picture } from './Picture.tsx';

interface Props {
  readonly entry: LibraryEntry;
  readonly index: number;
  readonly position: number;
  readonly size: number;
  readonly style: CSSProperties;
  readonly measure: (element: HTMLElement | null) => void;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly onFocus: () => void;
  readonly onOpen: (on: boolean) => void;
}

const ICONS: Readonly<Record<LibraryKind, typeof Box>> = {
  model: Box,
  lora: Layers,
  controlnet: Spline,
  embedding: Type,
  vae: Box,
  estimator: ScanEye,
  other: CircleDashed,
};

const STATES = {
  ready: null,
  writing: 'being written',
  missing: 'missing',
  damaged: 'cannot be used',
} as const;

export function EntryRow(props: Props) {
  const { entry, index, position, size, style, measure, isActive, isOpen, onFocus, onOpen } = props;
  const { name, isDefault, builtIn, picture } = entry;
  const state = STATES[entry.state];
  const facts = factsLine(entry);
  const Icon = ICONS[entry.kind];
  return (
    <li
      ref={measure}
      className={styles.entry}
      style={style}
      data-index={index}
      data-path={entry.path}
      aria-posinset={position}
      aria-setsize={size}
      aria-label={[name, facts, isDefault ? 'default' : null, state].filter(Boolean).join(', ')}
      tabIndex={isActive ? 0 : -1}
      onFocus={onFocus}
    >
      <div className={styles.picture}>
        {picture === null ? <Icon aria-hidden="true" /> : <Picture path={entry.path} stamp={picture} />}
      </div>
      <div className={styles.text}>
        <p className={styles.name}>
          <strong title={entry.path}>{name}</strong>
          {isDefault ? <Tag isStrong>default</Tag> : null}
          {builtIn ? <Tag>comes with Retake</Tag> : null}
          {entry.plugin ? <Tag>{entry.plugin.name}</Tag> : null}
          {state ? <Tag>{state}</Tag> : null}
        </p>
        <p className={`${texts.quiet} ${styles.facts}`} title={facts}>
          {facts}
        </p>
        {entry.problems[0] === undefined || entry.state === 'writing' ? null : (
          <p className={texts.problem}>{entry.problems[0]}</p>
        )}
      </div>
      <Button
        look="plain"
        aria-expanded={isOpen}
        aria-label={isOpen ? `Close ${name}` : `Inspect ${name}`}
        onPress={() => onOpen(!isOpen)}
      >
        {isOpen ? 'Close' : 'Inspect'}
      </Button>
      {isOpen ? <Inside entry={entry} /> : null}
    </li>
  );
}

/** "Stable Diffusion XL · 1024 pixels · 6.9 GB · in models/checkpoints" */
function factsLine({ path, what, nativeSize, bytes, words, watched, kind, trial }: LibraryEntry): string {
  const parts = [
    what,
    nativeSize ? `${nativeSize} pixels` : '',
    bytes ? prettyBytes(bytes) : '',
    trial ? trialLine(trial) : '',
    kind === 'lora' && words.length > 0 ? words.slice(0, 3).join(', ') : '',
    watched === null
      ? ''
      : `in ${nameOfFile(watched)}${path.slice(watched.length).replace(/[\\/][^\\/]*$/, '')}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
