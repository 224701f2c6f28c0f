/** What can be done with the chosen takes together. */
import type { Take } from '../../common/project/document.ts';
import { showContactSheet } from '../actions/contact-sheet.ts';
import { showQuality } from '../actions/quality.ts';
import { compareTake, compareTakes, MOST_COMPARED } from '../actions/takes.ts';
import { compare } from '../store/viewer.ts';
import { Button } from '../ui/Button.tsx';
import texts from '../ui/text.module.css';
import { count } from '../words.ts';
import { differences } from './describe.ts';
import styles from './Takes.module.css';

interface Props {
  readonly chosen: readonly Take[];
  /** All that are listed. */
  readonly takes: readonly Take[];
}

export function Chosen({ chosen, takes }: Props) {
  const [first, second] = chosen;
  if (!first) {
    if (takes.length < 2) return null;
    return (
      <div className={styles.foot}>
        <Button onPress={() => showContactSheet(takes)}>
          Contact sheet of {count(takes.length, 'take')}
        </Button>
      </div>
    );
  }
  if (!second) {
    return (
      <div className={styles.foot}>
        <Button onPress={() => compare('clip', { take: first.id })}>Compare with the clip</Button>
        <Button onPress={() => showQuality(first)}>How good is it…</Button>
      </div>
    );
  }
  return (
    <div className={styles.foot}>
      {chosen.length === 2 ? (
        <>
          <p className={texts.quiet}>{differLine(differences(second.settings, first.settings))}</p>
          <Button onPress={() => compareTake(first, second)}>Compare the two</Button>
        </>
      ) : chosen.length <= MOST_COMPARED ? (
        <Button onPress={() => compareTakes(chosen)}>Compare the {chosen.length} side by side</Button>
      ) : (
        <p className={texts.quiet}>
          {chosen.length} takes are chosen; up to {MOST_COMPARED} can be compared.
        </p>
      )}
      <Button onPress={() => showContactSheet(chosen)}>Contact sheet</Button>
    </div>
  );
}

function differLine(names: readonly string[]): string {
  if (names.length === 0) return 'Same settings';
  const shown = names.slice(0, 4).join(', ').toLowerCase();
  return `They differ in ${shown}${names.length > 4 ? ' and more' : ''}`;
}
