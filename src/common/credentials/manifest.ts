/**
 * What a C2PA manifest would say (specification 2.1), as the definition that signing tools take. It is not signed, so it proves
 * nothing, and says so.
 */
import { clipsOf, type MadeFile, type MadeTake, sourceTypeOf } from './facts.ts';

const NOTICE =
  'Not signed: a statement of what Retake did, which anybody can change. A signing tool for C2PA can make a manifest store of it.';
/** How Retake tells files apart without reading all of them. */
const ENDS = 'sha256 of the first and the last mebibyte';

export function manifestOf(file: MadeFile, retake: string): object {
  const clips = clipsOf(file);
  const idOf = (clip: MadeTake['clip']) =>
    `clip-${clips.findIndex((one) => (one.fingerprint?.digest ?? one.name) === (clip.fingerprint?.digest ?? clip.name)) + 1}`;
  const agent = (version: string | null) => ({ name: 'Retake', ...(version === null ? {} : { version }) });
  const prompts = file.takes.flatMap(({ id, prompts: words }) => (words ? [{ take: id, ...words }] : []));
  return {
    claim_generator_info: [{ name: 'Retake', version: retake }],
    title: file.name,
    format: file.format,
    ingredients: clips.map((clip) => ({
      title: clip.name,
      // Of several clips none alone is what the file is an edit of.
      relationship: clips.length === 1 ? 'parentOf' : 'componentOf',
      label: idOf(clip),
    })),
    assertions: [
      { label: 'app.retake.notice', data: { signed: false, notice: NOTICE } },
      {
        label: 'c2pa.actions.v2',
        data: {
          actions: [
            ...clips.map((clip) => ({
              action: clips.length === 1 ? 'c2pa.opened' : 'c2pa.placed',
              parameters: { ingredientIds: [idOf(clip)] },
            })),
            ...file.takes.map((take) => ({
              action: take.ofClip ? 'c2pa.edited' : 'c2pa.created',
              when: take.made,
              softwareAgent: agent(take.retake),
              digitalSourceType: sourceTypeOf({ takes: [take] }),
              parameters: { ingredientIds: [idOf(take.clip)], 'app.retake.take': take.id },
            })),
          ],
        },
      },
      {
        label: 'app.retake.made',
        data: {
          files: [
            ...(file.fingerprint ? [{ name: file.name, ...file.fingerprint, of: ENDS }] : []),
            ...clips.flatMap(({ name, fingerprint }) =>
              fingerprint ? [{ name, ...fingerprint, of: ENDS }] : [],
            ),
          ],
          takes: file.takes.map(({ id, name, model, added, method, clip }) => ({
            ...{ id, name, method, clip: clip.name, model },
            ...(Object.keys(added).length === 0 ? {} : { added }),
          })),
        },
      },
      ...(prompts.length === 0 ? [] : [{ label: 'app.retake.prompts', data: { prompts } }]),
    ],
  };
}
