/** What a folder says of the bundle it holds. Looks at names and JSON, opens no graph. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { AppError } from '../../../common/errors.ts';
import { DOWNLOAD_AGAIN, defect, kindOf, readJson } from './files.ts';
import {
  type FoundPart,
  findPart,
  hasPart,
  isPresent,
  listing,
  notABundle,
  type OnDefect,
  type Wanted,
} from './find-parts.ts';
import { isNeeded, type Layout, type LayoutPart } from './layout.ts';
import { readRange } from './picture-planes.ts';
import { preprocessorConfig } from './preprocessor.ts';
import { depthEstimator } from './roles/depth-estimator.ts';
import { flowEstimator } from './roles/flow-estimator.ts';
import { interpolator } from './roles/interpolator.ts';
import { bundleRoles, type RoleId } from './roles/registry.ts';
import { textConfig, textEncoder, textEncoder2 } from './roles/text-encoder.ts';
import { unet } from './roles/unet.ts';
import { unetConfig } from './roles/unet-io.ts';
import { vaeConfig } from './roles/vae.ts';
import { onnxFile } from './source.ts';
import { storedInFolder } from './written-networks.ts';

const index = z.looseObject({
  _class_name: z.string({ error: 'the pipeline class is missing' }),
  force_zeros_for_empty_prompt: z.boolean().nullish(),
});

/** Pipelines of models that look like Stable Diffusion but want a further picture. */
const OTHER_PIPELINES: readonly (readonly [RegExp, string])[] = [
  [/Upscale/, 'an upscaler'],
  [/InstructPix2Pix/, 'a model for editing by instruction (InstructPix2Pix)'],
];

async function readConfig<Schema extends z.ZodType>(
  file: string | null | undefined,
  schema: Schema,
  onDefect: OnDefect,
): Promise<z.output<Schema>> {
  if (!file) return schema.parse({});
  try {
    return await readJson(file, schema);
  } catch (error) {
    onDefect(error as AppError);
    return schema.parse({});
  }
}

/**
 * Throws a defect if the folder is not a bundle at all; every other defect goes to onDefect and leaves its part out.
 * @param root folder that holds model_index.json
 */
export async function readFolderLayout(root: string, onDefect: OnDefect): Promise<Layout> {
  const names = await listing(root);
  const has = async (role: Wanted) => hasPart(root, role);
  const indexFile = names.includes('model_index.json') ? join(root, 'model_index.json') : null;
  // A folder of graphs side by side has no index; their names say the same.
  if (indexFile === null && (names.includes('unet') || !(await has(unet))))
    throw await notABundle(root, names);
  const about = indexFile
    ? await readJson(indexFile, index)
    : index.parse({ _class_name: 'StableDiffusionPipeline' });
  if (names.includes('transformer') && !names.includes('unet')) {
    const message = `${about._class_name} is a diffusion transformer`;
    throw defect(root, message, 'Retake runs Stable Diffusion 1.x, 2.x and XL, which have a unet folder.');
  }

  const other = OTHER_PIPELINES.find(([pattern]) => pattern.test(about._class_name));
  if (other) throw defect(root, `this is ${other[1]}`, 'Use a text-to-image model, or one with depth.');

  const xl = isPart(about.text_encoder_2) || (await has(textEncoder2));
  if (xl && !isPart(about.text_encoder) && !(await has(textEncoder))) {
    throw defect(root, 'this is the XL refiner', 'Use the XL base model.');
  }
  const found: Partial<Record<RoleId, FoundPart>> = {};
  for (const role of bundleRoles()) {
    if ('optional' in role ? !(await isPresent(root, role)) : !isNeeded(role, xl)) continue;
    const part = await findPart(root, role, onDefect);
    if (part !== null) found[role.id] = part;
  }

  // Flat models may have their one tokenizer beside them.
  const beside =
    !names.includes('tokenizer') && ['vocab.json', 'tokenizer.json'].some((name) => names.includes(name));
  const folders = [beside ? root : join(root, 'tokenizer'), ...(xl ? [join(root, 'tokenizer_2')] : [])];
  for (const folder of folders) {
    if ((await kindOf(folder)) !== 'folder')
      onDefect(defect(folder, 'the folder is missing', DOWNLOAD_AGAIN));
  }
  const flatScheduler = !names.includes('scheduler') && names.includes('scheduler_config.json');
  const vaeFile =
    found.vaeDecoder?.configFile ?? found.vaeEncoder?.configFile ?? join(root, 'vae', 'config.json');
  const text = [await readConfig(found.textEncoder?.configFile, textConfig, onDefect)];
  if (xl) text.push(await readConfig(found.textEncoder2?.configFile, textConfig, onDefect));
  const ranges = {
    flowEstimator: found.flowEstimator ? await rangeOf(root, flowEstimator, onDefect) : null,
    interpolator: found.interpolator ? await rangeOf(root, interpolator, onDefect) : null,
  };
  const preprocessor = found.depthEstimator ? await readPreprocessor(root, onDefect) : null;
  const sharedVae = join(root, 'vae', 'config.json');
  const vaeBeside = (await kindOf(sharedVae)) ? [sharedVae] : [];
  /** Files beside a part's own that change its numbers. */
  const further: Partial<Record<RoleId, readonly string[]>> = {
    vaeEncoder: vaeBeside,
    vaeDecoder: vaeBeside,
    depthEstimator: preprocessor ? [preprocessor.file] : [],
    flowEstimator: ranges.flowEstimator?.file ? [ranges.flowEstimator.file] : [],
    interpolator: ranges.interpolator?.file ? [ranges.interpolator.file] : [],
  };
  const said = about.force_zeros_for_empty_prompt;
  // As diffusers, whose weights these are, has it; exports stay as they were.
  const zerosByDefault = xl && said === undefined && found.textEncoder2?.stored === true;
  const placed = Object.values(found).map((part): LayoutPart => {
    const made = part.role === textEncoder2.id && zerosByDefault ? { zeroEmptyPrompt: true } : undefined;
    const own = part.configFile ? [part.configFile] : [];
    const beside = [...new Set([...own, ...(further[part.role] ?? [])])];
    const source = part.stored
      ? storedInFolder(part, { root, beside, made })
      : onnxFile(part.file, { root, beside });
    return { ...part, source };
  });
  const twice = Object.values(found).filter((part) => part.alsoStored);
  return {
    dir: root,
    name: basename(root),
    className: about._class_name,
    indexFile,
    xl,
    zeroEmptyPrompt: zerosByDefault || (xl && said === true),
    parts: Object.fromEntries(placed.map((part) => [part.role, part])),
    unet: await readConfig(found.unet?.configFile, unetConfig, onDefect),
    vae: await readConfig((await kindOf(vaeFile)) ? vaeFile : null, vaeConfig, onDefect),
    text,
    tokenizers: folders.map((folder) => ({ folder })),
    scheduler: { file: join(root, ...(flatScheduler ? [] : ['scheduler']), 'scheduler_config.json') },
    preprocessor,
    ranges,
    notes:
      twice.length > 0
        ? ['The folder holds its networks as ONNX graphs and as safetensors; the ONNX graphs are used.']
        : [],
  };
}

async function rangeOf(root: string, { folder }: { readonly folder: string }, onDefect: OnDefect) {
  try {
    return await readRange(join(root, folder));
  } catch (error) {
    onDefect(error as AppError);
    return null;
  }
}

/** Beside the estimator, or where diffusers puts it. */
async function readPreprocessor(root: string, onDefect: OnDefect): Promise<Layout['preprocessor']> {
  const [beside, usual] = [depthEstimator.folder, 'feature_extractor'].map((folder) =>
    join(root, folder, 'preprocessor_config.json'),
  ) as [string, string];
  const file = (await kindOf(beside)) ? beside : usual;
  try {
    return { file, config: await readJson(file, preprocessorConfig) };
  } catch (error) {
    onDefect(error as AppError);
    return null;
  }
}

/** [library, class]; an absent part is left out, null or [null, null], after the exporter's fashion. */
function isPart(value: unknown): boolean {
  return Array.isArray(value) && typeof value.at(-1) === 'string' && value.at(-1) !== '';
}
