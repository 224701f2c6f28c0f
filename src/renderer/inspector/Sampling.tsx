/** Settings that every method has, as they are declared; the finer ones behind a fold. */
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import {
  Button as AriaButton,
  Heading as AriaHeading,
  Disclosure,
  DisclosurePanel,
} from 'react-aria-components';
import type { Shot } from '../../common/project/document.ts';
import { SETTINGS } from '../../common/settings/settings.ts';
import styles from './Sampling.module.css';
import { SettingField } from './SettingField.tsx';

const FIELDS = SETTINGS.fieldsOf('shot').filter(({ group }) => group !== 'prompts' && group !== 'method');
const PLAIN = FIELDS.filter(({ finer }) => !finer);
const FINER = FIELDS.filter(({ finer }) => finer);

interface Props {
  readonly shot: Shot;
  readonly shots: readonly Shot[];
}

export function Sampling({ shot, shots }: Props) {
  return (
    <>
      {PLAIN.map((field) => (
        <SettingField key={field.path} field={field} shot={shot} shots={shots} />
      ))}
      <Finer shot={shot} shots={shots} />
    </>
  );
}

/** Open or folded as the artist left it, for all shots. */
let wasOpen = false;

function Finer({ shot, shots }: Props) {
  const [isOpen, setOpen] = useState(wasOpen);
  return (
    <Disclosure
      className={styles.fold}
      isExpanded={isOpen}
      onExpandedChange={(open) => {
        wasOpen = open;
        setOpen(open);
      }}
    >
      <AriaHeading level={3}>
        <AriaButton slot="trigger" className={styles.button}>
          <ChevronRight aria-hidden="true" />
          Solver and inversion
        </AriaButton>
      </AriaHeading>
      <DisclosurePanel className={styles.body}>
        {FINER.map((field) => (
          <SettingField key={field.path} field={field} shot={shot} shots={shots} />
        ))}
      </DisclosurePanel>
    </Disclosure>
  );
}
