/** What panels of plugins may have done: the same edits as the artist's own, each a step of undo. */
import { issueText } from '../../common/issue.ts';
import type { UiCommand, UiInput } from '../../common/plugins/ui-v1.ts';
import { refuse } from '../../common/project/edits.ts';
import { addMarker } from '../../common/project/edits-markers.ts';
import { SETTINGS, type SomeSettings } from '../../common/settings/settings.ts';
import { getCurrentShot, getPlaced, takesOfShot } from '../store/current.ts';
import { change, getDocument, newId } from '../store/project.ts';
import { seek, select } from '../store/view.ts';
import { setChosenSettings } from './settings.ts';
import { promoteTake } from './takes.ts';
import { addToPrompt, copyWords } from './trigger-words.ts';

type Requests = { readonly [Name in UiCommand]: (input: UiInput<Name>) => void | Promise<void> };

/** Settings that hold plain values and name no file: what a panel may see and set. */
export const PLAIN_SETTINGS = SETTINGS.fieldsOf('shot').filter(
  ({ files, widget }) =>
    !files && ['slider', 'prompt', 'choice', 'seed', 'switch', 'size', 'text'].includes(widget.kind),
);

export const panelRequests: Requests = {
  seek: ({ frame }) => seek(frame),
  'select-shot'({ shot }) {
    const found = getPlaced().find(({ item }) => item.kind === 'shot' && item.id === shot);
    if (!found) refuse('choosing a shot', 'this is no shot of the timeline');
    select([shot]);
  },
  copy: ({ text }) => copyWords([text]),
  'add-to-prompt': ({ words }) => addToPrompt(words),
  'set-setting'({ setting, value }) {
    const field = PLAIN_SETTINGS.find(({ path }) => path === setting);
    if (!field) return refuse('changing a setting', `there is no setting "${setting}" that a panel may set`);
    const read = (field.draft ?? field.schema).safeParse(value);
    if (!read.success) return refuse(field.label, issueText(read.error.issues[0]!));
    setChosenSettings({ [field.group]: { [field.key]: read.data } } as SomeSettings<'shot'>);
  },
  'add-marker'({ frame, name, note }) {
    const marker = { id: newId(), frame, name, note, colour: 'blue' as const };
    change({ name: 'Add marker', edit: (draft) => addMarker(draft, marker) });
  },
  'show-take'({ take }) {
    const { item } = getCurrentShot() ?? refuse('choosing a take', 'no shot is chosen');
    const found = takesOfShot(getDocument(), item.id).find(({ id }) => id === take);
    if (take !== null && !found) refuse('choosing a take', 'the shot has no such take');
    promoteTake(item.id, found ?? null);
  },
};
