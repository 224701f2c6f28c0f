/** What the network learnt for a take, as a LoRA of its own. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { SavedLora } from '../../../common/contract/jobs.ts';
import { AppError } from '../../../common/errors.ts';
import { readReport, type TakeReport } from '../../../common/report.ts';
import { writeWhole } from '../../atomic-files.ts';
import { kinds } from '../artefacts/kinds.ts';
import type { ArtefactStore } from '../artefacts/store.ts';
import { tunedIn } from '../make/tuned.ts';
import { loraBytes, type WrittenLayer } from '../models/loras/write.ts';
import { openBundle } from '../models/open.ts';
import { reportPath } from '../report-file.ts';

const DOING = 'saving a LoRA';

export interface LoraToSave {
  /** Its file, or the folder of a sequence; its report lies beside it. */
  readonly take: string;
  /** Where it is written; nothing else may lie there unless it is replaced. */
  readonly out: string;
  readonly replace?: boolean | undefined;
}

/** @throws AppError usage where the take learnt nothing or what it learnt is no longer kept; output-unwritable */
export async function saveTakeLora(
  { take, out, replace = false }: LoraToSave,
  cache: ArtefactStore | null,
): Promise<SavedLora> {
  await checkPlace(out, replace);
  const report = await reportOf(take);
  const name = basename(take);
  if (!report.tuned)
    throw new AppError('usage', `nothing was learnt for ${name}`, {
      doing: DOING,
      hint: 'Render it with a method that learns the clip: --method tune-a-video.',
    });
  const found = cache?.get(kinds.tuned, report.tuned.key);
  if (!found)
    throw new AppError('usage', `what was learnt for ${name} is no longer in the cache`, {
      doing: DOING,
      hint: 'Render the take once more: it is learnt anew.',
    });
  const { weights } = tunedIn(found.value);
  const layers = await layersOf(weights, report);
  const { settings, bundle } = report;
  const bytes = loraBytes(layers, {
    'modelspec.title': basename(out).replace(/\.[^.]+$/, ''),
    'modelspec.description': `learnt by Retake ${report.retake} from ${basename(settings.source.clip)} for ${bundle.name}: ${settings.prompts.source}`,
  });
  try {
    await writeWhole(out, bytes);
  } catch (cause) {
    throw new AppError('output-unwritable', (cause as Error).message, { doing: DOING, cause });
  }
  const size = bytes.reduce((sum, { length }) => sum + length, 0);
  return {
    path: out,
    layers: layers.length,
    bytes: size,
    whole: layers.some(({ parts }) => 'diff' in parts),
  };
}

async function checkPlace(out: string, replace: boolean): Promise<void> {
  const refuse = (message: string, hint: string) =>
    new AppError('output-unwritable', message, { doing: DOING, hint });
  if (!out.toLowerCase().endsWith('.safetensors'))
    throw refuse(`${basename(out)} does not end in .safetensors`, 'Programs know a LoRA by that ending.');
  if (!replace && existsSync(out)) throw refuse(`there is a file ${out}`, 'Choose another name.');
  const folder = await stat(dirname(out)).catch(() => null);
  if (!folder?.isDirectory())
    throw refuse(`the folder ${dirname(out)} does not exist`, 'Create it or choose another.');
}

async function reportOf(take: string): Promise<TakeReport> {
  try {
    return readReport(JSON.parse(await readFile(reportPath(take), 'utf8')));
  } catch (cause) {
    throw new AppError('usage', `there is no report beside ${basename(take)}`, {
      doing: DOING,
      hint: 'Give a take that Retake rendered, where it was rendered.',
      cause,
    });
  }
}

/** Factors as they are; of whole weights what was added to those of the model. */
async function layersOf(
  weights: ReadonlyMap<string, Float32Array>,
  { settings }: TakeReport,
): Promise<WrittenLayer[]> {
  const rank = [...weights.keys()].some((name) => name.endsWith('.down')) ? 1 : 0;
  await using bundle = await openLearnable(settings.model, rank);
  const { learnt } = bundle;
  const dims = new Map(learnt.inputs.map(({ name, dims }) => [name, dims]));
  const modules = [...new Set(learnt.inputs.map(({ module }) => module))];
  const own = rank === 0 ? learnt.initial(() => () => 0) : null;
  return modules.map((module): WrittenLayer => {
    const of = (part: string) => weights.get(`${module}.${part}`)!;
    if (own) {
      const before = own.get(`${module}.weight`)!;
      const shape = dims.get(`${module}.weight`)!;
      return { module, parts: { diff: { shape, data: of('weight').map((value, i) => value - before[i]!) } } };
    }
    const [down, up] = [of('down'), of('up')];
    const [, from] = dims.get(`${module}.down`)!;
    const learntRank = down.length / from;
    return {
      module,
      parts: {
        down: { shape: [learntRank, from], data: down },
        up: { shape: [up.length / learntRank, learntRank], data: up },
      },
    };
  });
}

/** With no network loaded. */
async function openLearnable(
  { bundle: dir, embeddings, loras }: TakeReport['settings']['model'],
  rank: number,
) {
  const bundle = await openBundle(dir, {
    ...{ sites: 'all', provider: 'cpu', learnt: { rank }, embeddings, loras },
  });
  return {
    learnt: bundle.learnt!,
    [Symbol.asyncDispose]: () => bundle.close(),
  };
}
