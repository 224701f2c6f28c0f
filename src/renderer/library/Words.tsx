/** Trigger words of a file: each is copied, or put at the end of the prompt of the shots in hand. */
import { addToPrompt, copyWords } from '../actions/trigger-words.ts';
import { useCurrentShot } from '../store/current.ts';
import { attempt, tryTo } from '../store/notices.ts';
import { Button } from '../ui/Button.tsx';
import layout from '../ui/layout.module.css';
import texts from '../ui/text.module.css';
import styles from './Words.module.css';

export function Words({ words }: { readonly words: readonly string[] }) {
  const shot = useCurrentShot();
  const first = words.slice(0, 12);
  return (
    <div className={styles.words}>
      <p className={texts.quiet}>
        Trigger words, as the file says, most frequent first.{' '}
        {shot ? `One goes into the prompt of ${shot.item.name}.` : ''}
      </p>
      <div className={layout.row}>
        {first.map((word) => (
          <Button
            key={word}
            aria-label={shot ? `Add to the prompt: ${word}` : `Copy: ${word}`}
            onPress={() => (shot ? tryTo(() => addToPrompt(word)) : void attempt(copyWords([word])))}
          >
            {word}
          </Button>
        ))}
        <Button look="plain" onPress={() => void attempt(copyWords(words))}>
          {words.length === 1 ? 'Copy it' : `Copy all ${words.length}`}
        </Button>
      </div>
    </div>
  );
}
