/** A few to begin with; choosing one looks into its repository. */
import { GridList, GridListItem } from 'react-aria-components';
import { SUGGESTIONS } from '../../common/suggested-models.ts';
import texts from '../ui/text.module.css';
import styles from './Suggestions.module.css';

interface Props {
  readonly chosen: string | null;
  readonly onChoose: (repository: string) => void;
}

export function Suggestions({ chosen, onChoose }: Props) {
  return (
    <GridList
      aria-label="Models to begin with"
      className={styles.list}
      selectionMode="single"
      selectionBehavior="replace"
      selectedKeys={chosen === null ? [] : [chosen]}
      onSelectionChange={(keys) => {
        const [key] = keys === 'all' ? [] : [...keys];
        if (key !== undefined) onChoose(String(key));
      }}
    >
      {SUGGESTIONS.map(({ repository, name, suits, licence }) => (
        <GridListItem key={repository} id={repository} textValue={name} className={styles.item}>
          <strong>{name}</strong>
          <span>{suits}</span>
          <span className={texts.quiet}>
            {repository} · {licence}
          </span>
        </GridListItem>
      ))}
    </GridList>
  );
}
