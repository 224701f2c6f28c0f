/** Textual inversion (Gal et al. 2023): a file of vectors for which a word of the prompt stands. */
import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { AppError, type CancelSignal, throwIfCancelled } from '../../../../common/errors.ts';
import type { StoredTensor } from '../../onnx/networks/stored.ts';
import { openSafetensors } from '../../onnx/safetensors/open.ts';
import { floatsOf } from '../../onnx/safetensors/values.ts';
import { fileDigest } from '../digests.ts';
import type { Embedding } from '../prompt/reader.ts';

/** A1111's form: the vectors under this name, and the file's name is the word. */
const A1111 = 'emb_params';
/** XL's: one tensor for each text encoder, by ComfyUI's and A1111's names or those of diffusers' training scripts. */
const BOTH = [
  ['clip_l', 'clip_g'],
  ['text_encoders_0', 'text_encoders_1'],
] as const;

/** Real ones have up to a hundred or so. */
const MOST_VECTORS = 1000;

const OFF_LIST = 'Take it off the list of embeddings.';

/**
 * @param widths of the text encoders, in order; null where one does not say
 * @param model as messages call it
 * @returns in order, each file once
 * @throws AppError weights-missing, bundle-invalid, not-finite, each naming the file; Cancelled
 */
export async function readEmbeddings(
  paths: readonly string[],
  {
    widths,
    model,
    signal,
  }: {
    readonly widths: readonly (number | null)[];
    readonly model: string;
    readonly signal?: CancelSignal | undefined;
  },
): Promise<readonly Embedding[]> {
  const found: Embedding[] = [];
  for (const path of new Set(paths)) {
    throwIfCancelled(signal);
    const one = await readEmbedding(path, widths, model);
    for (const other of found) refuseSameName(one, other);
    found.push(one);
  }
  return found;
}

async function readEmbedding(
  path: string,
  widths: readonly (number | null)[],
  model: string,
): Promise<Embedding> {
  const name = basename(path);
  const doing = `reading the embedding ${name}`;
  if (!existsSync(path)) {
    const hint = 'Put it back, choose it again in the list of embeddings, or take it off the list.';
    throw new AppError('weights-missing', `there is no file ${path}`, { doing, hint });
  }
  const { path: real, tensors } = openSafetensors(path, doing);
  const { token, matrices } = vectorsIn(tensors, name, doing);
  checkWidths(matrices, widths, { name, model, doing });
  const rows = matrices.map((matrix) => rowsOf(matrix, name, doing));
  return {
    names: [...new Set([basename(path, extname(path)), ...(token === null ? [] : [token])])],
    path: real,
    digest: await fileDigest(real),
    count: rows[0]!.length,
    rows: (encoder) => rows[encoder]!,
  };
}

interface Matrix {
  readonly tensor: StoredTensor;
  readonly count: number;
  readonly width: number;
}

/** What the file holds: a matrix for each text encoder. */
function vectorsIn(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  doing: string,
): { readonly token: string | null; readonly matrices: readonly Matrix[] } {
  const both = BOTH.find((keys) => keys.every((key) => tensors.has(key)));
  const refuse = (message: string, hint: string) =>
    new AppError('bundle-invalid', `${name} ${message}`, { doing, hint });
  const matrixOf = (key: string): Matrix => {
    const tensor = tensors.get(key)!;
    const [count, width] =
      tensor.dims.length === 1 ? [1, tensor.dims[0]!] : (tensor.dims as [number, number]);
    if (tensor.dims.length > 2 || width === undefined || count < 1 || width < 1 || count > MOST_VECTORS)
      throw refuse(`holds no list of vectors: ${key} has shape [${tensor.dims}]`, OFF_LIST);
    return { tensor, count, width };
  };
  if (both && tensors.size === both.length) {
    const matrices = both.map(matrixOf);
    if (matrices[0]!.count === matrices[1]!.count) return { token: null, matrices };
    const counts = matrices.map(({ count }) => count).join(' and ');
    throw refuse(`holds ${counts} vectors for its two text encoders, which do not belong together`, OFF_LIST);
  }
  if (tensors.has(A1111)) return { token: null, matrices: [matrixOf(A1111)] };
  const [key, ...more] = tensors.keys();
  if (key === undefined || more.length > 0) throw refuse(...otherThing(tensors));
  return { token: key.trim() === '' ? null : key.trim(), matrices: [matrixOf(key)] };
}

function otherThing(tensors: ReadonlyMap<string, StoredTensor>): [what: string, hint: string] {
  const names = [...tensors.keys()];
  const some = (pattern: RegExp) => names.some((key) => pattern.test(key));
  if (some(/lora_|\.lora|hada_w1|lokr_w1/))
    return ['is a LoRA, no embedding', 'Give it among the LoRAs instead.'];
  if (some(/(^|\.)(input_hint_block|controlnet_cond_embedding|zero_convs)\./))
    return ['is a ControlNet, no embedding', 'Give it among the ControlNets instead.'];
  if (some(/^(model\.diffusion_model|first_stage_model|cond_stage_model|conditioner)\./))
    return ['is a whole model, no embedding', 'Choose it as the model instead.'];
  const what = names.length === 0 ? 'holds nothing' : `holds ${names.length} tensors`;
  return [
    `is no embedding: it ${what}, and an embedding is one list of vectors (XL: two, clip_l and clip_g)`,
    'Choose an embedding (textual inversion) that was saved as .safetensors.',
  ];
}

/** Families by the widths of their text encoders. */
const FAMILIES: Readonly<Record<string, string>> = {
  '768': 'Stable Diffusion 1',
  '1024': 'Stable Diffusion 2',
  '768 and 1280': 'Stable Diffusion XL',
};

const widthsInWords = (widths: readonly number[]) => widths.join(' and ');
const ofFamily = (widths: string) => (FAMILIES[widths] ? `, as of ${FAMILIES[widths]}` : '');

function checkWidths(
  matrices: readonly Matrix[],
  widths: readonly (number | null)[],
  { name, model, doing }: { readonly name: string; readonly model: string; readonly doing: string },
): void {
  const fits =
    matrices.length === widths.length &&
    matrices.every(({ width }, i) => widths[i] === null || widths[i] === width);
  if (fits) return;
  const has = widthsInWords(matrices.map(({ width }) => width));
  const wants = widthsInWords(widths.map((width) => width ?? 0));
  const message = `${name} is an embedding of another width: its vectors have ${has} numbers${ofFamily(has)}, ${model} reads ${wants}${ofFamily(wants)}`;
  throw new AppError('bundle-invalid', message, {
    doing,
    hint: 'Use an embedding that was trained with a model of this family, or take it off the list.',
  });
}

function rowsOf({ tensor, count, width }: Matrix, name: string, doing: string): Float32Array[] {
  const all = floatsOf(tensor);
  const broken = all.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const message = `${name} holds ${Number.isNaN(all[broken]) ? 'NaN' : 'an infinite number'} in its vector ${Math.floor(broken / width) + 1}`;
    throw new AppError('not-finite', message, {
      doing,
      hint: 'The file is damaged, or its training failed. Use another copy, or another embedding.',
    });
  }
  return Array.from({ length: count }, (_, row) => all.subarray(row * width, (row + 1) * width));
}

function refuseSameName(one: Embedding, other: Embedding): void {
  const same = one.names.find((name) =>
    other.names.some((known) => known.toLowerCase() === name.toLowerCase()),
  );
  if (same === undefined) return;
  const [a, b] = [other, one].map(({ path }) => basename(path));
  throw new AppError('usage', `two embeddings are called ${same}: ${a} and ${b}`, {
    doing: `reading the embedding ${b}`,
    hint: 'Take one of them off the list, or give its file another name.',
  });
}
