/** Exporters, importers and name words, asked for the cuts that are easily forgotten. */

import { isPortableName, portableName } from '../../../common/file-name.ts';
import { type Cut, cutLength } from '../../../common/interchange/cut.ts';
import type { PluginHandle } from '../../../common/plugins/handle.ts';
import type { Manifest } from '../../../common/plugins/manifest.ts';
import { paramsCheck } from '../../../common/plugins/params.ts';
import { timelineV1 } from '../../../common/plugins/timeline-v1.ts';
import { cutOfTimeline, timelineOf } from '../../../common/plugins/timeline-v1-cut.ts';
import { broken, type Checking } from './checking.ts';
import { sameAnswer } from './recorded.ts';
import { SAMPLE_CUTS } from './sample-cuts.ts';

type Contributes = Manifest['contributes'];

const given = (cut: Cut) =>
  timelineOf(cut, { stem: portableName(cut.name, 'timeline'), place: ({ name }) => name });

export async function checkExporters(
  checking: Checking,
  handle: PluginHandle,
  { exporters = [] }: Contributes,
  signal?: AbortSignal,
): Promise<void> {
  for (const { id, ending, params } of exporters) {
    const usual = params ? paramsCheck(params).parse({}) : {};
    for (const { what, cut } of SAMPLE_CUTS)
      await checking.that(`exporter ${id}: ${what}`, async () => {
        const write = () => handle.call(timelineV1, 'write', id, [given(cut), usual], { signal });
        const { files, losses } = await write();
        requireFiles(
          files.map(({ path }) => path),
          ending,
        );
        if (!sameAnswer(await write(), { files, losses }))
          throw broken('the same timeline twice is not the same files');
        const lost = losses.length > 0 ? `; not kept: ${losses.join(', ')}` : '';
        return `${files.map(({ path }) => path).join(', ')}${lost}`;
      });
  }
}

function requireFiles(paths: readonly string[], ending: string): void {
  for (const path of paths)
    if (!path.split('/').every(isPortableName))
      throw broken(`"${path}" is no name that a file can have on every system`);
  const lower = paths.map((path) => path.toLowerCase());
  const twice = lower.findIndex((path, at) => lower.indexOf(path) !== at);
  if (twice >= 0) throw broken(`${paths[twice]} is there twice`);
  if (!lower.some((path) => path.endsWith(ending)))
    throw broken(`none of its files ends in ${ending}: ${paths.join(', ')}`);
}

/** Texts that are none of its own have to be refused in order; what an own exporter wrote has to come back. */
export async function checkImporters(
  checking: Checking,
  handle: PluginHandle,
  { importers = [], exporters = [] }: Contributes,
  samples: readonly { readonly name: string; readonly text: string }[],
  signal?: AbortSignal,
): Promise<void> {
  const about = (name: string) => ({ name, rate: { n: '25', d: '1' } });
  for (const { id, endings } of importers) {
    const read = async (name: string, text: string) =>
      cutOfTimeline(await handle.call(timelineV1, 'read', id, [text, about(name)], { signal }));
    const own = samples.filter(({ name }) => endings.some((ending) => name.toLowerCase().endsWith(ending)));
    if (own.length === 0)
      checking.left(
        `importer ${id}: a file`,
        `put some that end in ${endings.join(' or ')} into its folder "test"`,
      );
    for (const { name, text } of own)
      await checking.that(`importer ${id}: ${name}`, async () => {
        const cut = await read(name, text);
        return `${cut.items.filter(({ kind }) => kind === 'clip').length} shots, ${cutLength(cut)} frames`;
      });
    for (const { id: exporter, ending, params } of exporters.filter((one) => endings.includes(one.ending)))
      for (const { what, cut } of SAMPLE_CUTS)
        await checking.that(`importer ${id}: what exporter ${exporter} wrote of ${what}`, async () => {
          const usual = params ? paramsCheck(params).parse({}) : {};
          const { files } = await handle.call(timelineV1, 'write', exporter, [given(cut), usual], { signal });
          const file = files.find(({ path }) => path.toLowerCase().endsWith(ending));
          const text = file && ('text' in file ? file.text : Buffer.from(file.bytes).toString());
          const back = await read(`a${ending}`, text ?? '');
          if (cutLength(back) !== cutLength(cut))
            throw broken(`${cutLength(back)} frames of ${cutLength(cut)} came back`);
          return `${back.items.length} items`;
        });
    for (const [what, text] of Object.entries(STRANGE))
      await checking.that(`importer ${id}: ${what}`, () => survives(() => read(`a${endings[0]}`, text)));
  }
}

const STRANGE: Readonly<Record<string, string>> = {
  'an empty text': '',
  'a text of zeros': '\0'.repeat(2000),
  'a line of a megabyte': 'x'.repeat(2 ** 20),
  'a table of another kind': 'a,b,c\r\n1,2,3\r\n',
};

/** Refusing in words is right; running out of time or memory is not. */
async function survives(read: () => Promise<Cut>): Promise<string> {
  try {
    const cut = await read();
    return `taken as ${cut.items.length} items`;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (/too long|memory|too deeply|did not answer|crashed|ended by itself/.test(said)) throw error;
    return `refused: ${said}`;
  }
}

export async function checkNames(
  checking: Checking,
  handle: PluginHandle,
  { names = [] }: Contributes,
  signal?: AbortSignal,
): Promise<void> {
  const prompts = { source: 'a street', target: 'a street in snow', negative: '' };
  const usual = {
    ...{ project: 'Film', shot: 'Street', take: 'Take 3', clip: 'street.mov', n: '001', date: '2026-01-31' },
    ...{ timecode: '01-00-00-00', prompts, note: '', rating: 4 },
  };
  const nothing = { source: '', target: '', negative: '' };
  const samples = {
    'a take': usual,
    'names in other scripts': { ...usual, shot: '雨の街 №5 🎬', take: 'Čaj / "x"', note: 'a\nb' },
    'nothing but a number': {
      ...usual,
      shot: '',
      take: '',
      clip: '',
      timecode: '',
      prompts: nothing,
      rating: 0,
    },
  };
  for (const { id } of names)
    for (const [what, facts] of Object.entries(samples))
      await checking.that(`name ${id}: ${what}`, async () => {
        const ask = () => handle.call(timelineV1, 'name', id, [facts], { signal });
        const word = await ask();
        if (word !== (await ask())) throw broken('the same file twice has not the same name');
        return `"${word}"`;
      });
}
