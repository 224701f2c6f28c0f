/** Hands a take back in place: what will be written, and how an editing program takes it for the clip. */
import { useState } from 'react';
import type { TakeFormat } from '../../common/formats/registry.ts';
import { FORMATS } from '../../common/formats/registry.ts';
import type { Take } from '../../common/project/document.ts';
import { shotOf } from '../../common/project/positions.ts';
import { leaveExport, replaceSource } from '../actions/export.ts';
import { useDocument } from '../store/project.ts';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/Select.tsx';
import texts from '../ui/text.module.css';
import { count, nameOfFile } from '../words.ts';
import styles from './Export.module.css';
import { MADE } from './wording.ts';

/** In place stands one file. */
const MOVIES = MADE.filter(({ id }) => FORMATS[id as TakeFormat].extensions[0] !== '');

export function ReplaceSource({ take }: { readonly take: Take }) {
  const [format, setFormat] = useState<TakeFormat>('prores422hq');
  const document = useDocument((whole) => whole);
  const clip = document.clips[shotOf(document, take.shotId)?.clipId ?? ''];
  if (!clip) return null;
  const own = nameOfFile(clip.path);
  const name = `${own.replace(/\.[^.]*$/, '')}${FORMATS[format].extensions[0]}`;
  return (
    <div className={styles.run}>
      <p>
        Writes {own} anew with {take.name} in it: all {count(clip.frames, 'frame')} of the clip, with its
        rate, timecode, reel and sound. Frames outside the take are the clip&apos;s own.
      </p>
      <p>
        It is called {name} and lies in a new folder beside the clip. Relink the clip to that folder in your
        editing program: name, length and timecode fit. The original is not touched.
      </p>
      <Select
        label="Format"
        options={MOVIES}
        value={format}
        onChange={(chosen) => setFormat(chosen as TakeFormat)}
      />
      <p className={`${texts.quiet} ${texts.path}`}>{clip.path}</p>
      <div className={styles.buttons}>
        <Button onPress={leaveExport}>Cancel</Button>
        <Button look="primary" onPress={() => void replaceSource(take, format)}>
          Write
        </Button>
      </div>
    </div>
  );
}
