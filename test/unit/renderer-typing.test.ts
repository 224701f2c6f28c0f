/** A letter typed in a project of a thousand shots: what is made anew for it is what has changed, counted in objects and fields. */
import { expect, it } from 'vitest';
import type { ProjectDocument, Shot, Take } from '../../src/common/project/document.ts';
import { addMarker, changeMarker } from '../../src/common/project/edits-markers.ts';
import { setSettings } from '../../src/common/project/edits-settings.ts';
import { addTake } from '../../src/common/project/edits-takes.ts';
import { type Edit, make, startHistory } from '../../src/common/project/history.ts';
import { SETTINGS } from '../../src/common/settings/settings.ts';
import { differIn, fallbackOf, formOf, shownIn } from '../../src/renderer/inspector/form-model.ts';
import { looksSame } from '../../src/renderer/inspector/looks-same.ts';
import { promptsUsed } from '../../src/renderer/inspector/prompt-history.ts';
import { placedOf } from '../../src/renderer/store/current.ts';
import { entriesOf } from '../../src/renderer/timeline/labels.ts';
import { showsOther } from '../../src/renderer/viewer/segments.ts';
import { projectOf, takeOf } from '../helpers/projects.ts';

const SHOTS = 1000;
const AT = 500;

function project(): ProjectDocument {
  const cuts = Array.from({ length: SHOTS - 1 }, (_, index) => (index + 1) * 10);
  const document = projectOf(SHOTS * 10, cuts);
  for (const shot of document.timeline as Shot[]) addTake(document, takeOf(`t ${shot.id}`, shot), true);
  addMarker(document, { id: 'm', frame: 20, name: '', note: '', colour: 'red' });
  return startHistory(document).document;
}

function edited(document: ProjectDocument, edit: Edit): ProjectDocument {
  return make(startHistory(document), { name: 'Type', edit }).document;
}

/** How many of the second list are not in the first. */
function fresh<One>(before: readonly One[], now: readonly One[]): number {
  const known = new Set(before);
  return now.filter((one) => !known.has(one)).length;
}

const shotAt = (document: ProjectDocument, index: number) => document.timeline[index] as Shot;

it('a letter of a prompt makes the place and the entries of its shot anew, and plays nothing else', () => {
  const document = project();
  const before = placedOf(document);
  const { id } = shotAt(document, AT);
  const typed = edited(document, (draft) => setSettings(draft, [id], { prompts: { target: 'a' } }));
  const now = placedOf(typed);
  expect(now).toHaveLength(SHOTS);
  expect(fresh(before, now)).toBe(1);
  expect(now[AT]!.item).toBe(shotAt(typed, AT));
  // The shot and its anchor.
  expect(fresh(entriesOf(before), entriesOf(now))).toBe(2);
  expect(showsOther(typed, document)).toBe(false);
});

it('a letter of a marker moves and plays nothing', () => {
  const document = project();
  const before = placedOf(document);
  const typed = edited(document, (draft) => changeMarker(draft, 'm', { name: 'a' }));
  expect(placedOf(typed)).toBe(before);
  expect(showsOther(typed, document)).toBe(false);
});

it('what an edit moves is made anew from there on, and what it shows is played', () => {
  const document = project();
  const before = placedOf(document);
  const trimmed = edited(document, (draft) => {
    shotAt(draft, AT).end -= 1;
  });
  expect(fresh(before, placedOf(trimmed))).toBe(SHOTS - AT);
  expect(placedOf(trimmed).at(-1)!.to).toBe(SHOTS * 10 - 1);
  expect(showsOther(trimmed, document)).toBe(true);
  const hidden = edited(document, (draft) => {
    shotAt(draft, AT).takeId = null;
  });
  expect(showsOther(hidden, document)).toBe(true);
});

it('prompts used before are sorted once, however much is typed', () => {
  let read = 0;
  const takes: Record<string, Take> = {};
  for (const take of Object.values(project().takes)) {
    const { settings, ...rest } = take;
    const counted = {
      ...rest,
      get settings() {
        read++;
        return settings;
      },
    };
    takes[take.id] = counted;
  }
  expect(promptsUsed(takes, 'target', '')).toEqual(['snow']);
  const first = read;
  expect(first).toBeGreaterThanOrEqual(SHOTS);
  for (const text of ['s', 'sn', 'sno']) expect(promptsUsed(takes, 'target', text)).toEqual(['snow']);
  expect(promptsUsed(takes, 'target', 'snow')).toEqual([]);
  expect(read).toBe(first);
});

it('a letter of the prompt draws the fields that show more of the shot than their own value, and no other', () => {
  const document = project();
  const typed = edited(document, (draft) =>
    setSettings(draft, [shotAt(document, AT).id], { prompts: { target: 'a' } }),
  );
  const { top, folds } = formOf(SETTINGS, null);
  const fields = [...top, ...folds.flatMap((fold) => fold.fields)];
  const drawn = (from: ProjectDocument, to: ProjectDocument) =>
    fields.filter((field) => {
      const [before, now] = [from, to].map((one) => {
        const shot = shotAt(one, AT);
        return {
          ...{ field, shot, shots: [shot], value: shownIn(field, shot) },
          ...{ fallback: fallbackOf(field, SETTINGS.defaults), differs: differIn(field, [shot]) },
        };
      });
      return !looksSame(before!, now!);
    });
  const kinds = new Set(drawn(document, typed).map(({ control }) => control.kind));
  expect(drawn(document, typed).map(({ path }) => path)).toContain('prompts.target');
  expect([...kinds].filter((kind) => ['number', 'choice', 'switch', 'seed', 'size'].includes(kind))).toEqual(
    [],
  );
  expect(drawn(document, document)).toEqual([]);
});
