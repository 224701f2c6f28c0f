/** The last that a plugin printed, as plain text: read when it is unfolded, and again on demand. */
import { useEffect, useState } from 'react';
import { attempt } from '../store/notices.ts';
import { readPrinted } from '../store/plugins.ts';
import { Button } from '../ui/Button.tsx';
import { Fold } from '../ui/Fold.tsx';
import texts from '../ui/text.module.css';
import styles from './Printed.module.css';

export function Printed({ id }: { readonly id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Fold id="printed" title="What it printed" isOpen={isOpen} onToggle={(_fold, open) => setOpen(open)}>
      {isOpen ? <Text id={id} /> : null}
    </Fold>
  );
}

function Text({ id }: { readonly id: string }) {
  const [text, setText] = useState<string | null>(null);
  const read = () => attempt(readPrinted(id).then(setText));
  useEffect(() => void attempt(readPrinted(id).then(setText)), [id]);
  return (
    <div className={styles.printed}>
      {text === null ? <p role="status">Reading…</p> : null}
      {text === '' ? (
        <p className={texts.quiet}>Nothing yet. It is there after the plugin was used.</p>
      ) : null}
      {text ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
        <section className={styles.text} tabIndex={0} aria-label="Printed lines">
          <pre className={texts.mono}>{text}</pre>
        </section>
      ) : null}
      <Button look="plain" onPress={() => void read()}>
        Read it again
      </Button>
    </div>
  );
}
