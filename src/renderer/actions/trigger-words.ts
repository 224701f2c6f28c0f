/** Trigger words of a file: into a prompt, or copied. */
import { refuse } from '../../common/project/edits.ts';
import { setSettings } from '../../common/project/edits-settings.ts';
import { getChosenShots } from '../store/current.ts';
import { tell } from '../store/notices.ts';
import { change } from '../store/project.ts';
import { count } from '../words.ts';

/** Puts a word at the end of the prompt of every chosen shot that does not have it yet. */
export function addToPrompt(word: string): void {
  const shots = getChosenShots().map(({ item }) => item);
  if (shots.length === 0) refuse('adding a word to the prompt', 'no shot is chosen');
  change({
    name: `Add ${word} to the prompt`,
    edit: (draft) => {
      for (const { id, settings } of shots) {
        const { target } = settings.prompts;
        const has = target.split(',').some((part) => part.trim().toLowerCase() === word.toLowerCase());
        if (!has)
          setSettings(draft, [id], {
            prompts: { target: target.trim() === '' ? word : `${target}, ${word}` },
          });
      }
    },
  });
  tell(`${word} is in the prompt of ${shots.length === 1 ? shots[0]!.name : count(shots.length, 'shot')}`);
}

/** As a list with commas, as prompts have it. The page may not ask for the clipboard, so it is handed over as a key press would. */
export async function copyWords(words: readonly string[]): Promise<void> {
  const text = words.join(', ');
  let given = false;
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    given = true;
  };
  document.addEventListener('copy', give, { once: true });
  document.execCommand('copy');
  document.removeEventListener('copy', give);
  if (!given) refuse('copying', 'the system did not take it', 'Select the words and copy them by hand.');
  tell(words.length === 1 ? `Copied ${text}` : `Copied ${count(words.length, 'word')}`);
}
