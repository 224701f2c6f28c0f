/** What lies beside the timelines for DaVinci Resolve: a timeline of what is shown, and a script that adds the other takes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { Cut } from '../../../common/interchange/cut.ts';
import { resolveScript, resolveTimeline } from '../../../common/interchange/resolve-script.ts';
import { resource } from '../resources.ts';
import type { DeliveredWork, ExtraFile } from './extra.ts';

export async function resolveExtra({ request, stem, cut }: DeliveredWork): Promise<ExtraFile[]> {
  return request.resolve && cut ? resolveFiles(cut, { folder: request.folder, stem }) : [];
}

/**
 * @param folder where they will lie, absolute
 * @param stem the project's name as part of a file's
 * @throws AppError usage where the installation is not whole
 */
export async function resolveFiles(
  cut: Cut,
  { folder, stem }: { readonly folder: string; readonly stem: string },
): Promise<ExtraFile[]> {
  const program = resource('resolve', 'add-takes.lua');
  if (!program)
    throw new AppError('usage', 'the script for DaVinci Resolve is not among what came with Retake', {
      doing: 'exporting the timeline',
      hint: 'Install Retake again.',
    });
  const name = `${stem} (Resolve takes)`;
  const timeline = resolveTimeline(cut);
  const script = resolveScript(cut, await readFile(program, 'utf8'), join(folder, `${name}.fcpxml`));
  return [
    {
      name: `${name}.fcpxml`,
      text: timeline.text,
      about: ['for the script below: the timeline as it is shown'],
    },
    {
      name: `${name}.lua`,
      text: script.text,
      about: [
        'for DaVinci Resolve: brings the timeline with all takes in the take selectors of its clips',
        'Open a project of the same frame rate, then Workspace > Console, choose Lua, and enter:',
        `dofile([[${join(folder, `${name}.lua`)}]])`,
        'It ends with a list of what Resolve did not take.',
        ...script.losses.map((loss) => `not kept: ${loss}`),
      ],
    },
  ];
}
