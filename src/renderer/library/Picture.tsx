/** The picture beside a file, made small by the engine. */
import { useEffect, useState } from 'react';
import { call, previewUrl } from '../engine.ts';
import styles from './Picture.module.css';

interface Props {
  readonly path: string;
  /** Another one when the picture is another. */
  readonly stamp: string;
}

export function Picture({ path, stamp }: Props) {
  const [file, setFile] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another stamp is another picture
  useEffect(() => {
    let current = true;
    // One that cannot be read is left out: it is an ornament.
    call('library.picture', { path }).then(
      (answer) => {
        if (current) setFile(answer.file);
      },
      () => {},
    );
    return () => {
      current = false;
    };
  }, [path, stamp]);
  return file === null ? null : <img className={styles.picture} src={previewUrl(file)} alt="" />;
}
