/** The mask that options ask for: a file, shapes, and what becomes of their edge. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError } from '../../common/errors.ts';
import { issueText } from '../../common/issue.ts';
import { type Mask, mask, maskDraft, NEW_MASK, type Part } from '../../common/masks/mask.ts';

/** By the name of the option; a value, several, or that it was given. */
type Given = string | readonly string[] | boolean | undefined;

/** Undefined where none is asked for. @throws AppError usage naming the option or the file */
export function maskOf(options: readonly (readonly [name: string, given: Given])[]): Mask | undefined {
  const given = new Map(options.filter(([, value]) => value !== undefined));
  if (given.size === 0) return undefined;
  const text = (name: string) => given.get(name) as string | undefined;
  const number = (name: string) => numberOf(name, text(name));
  const shapes = (['rectangle', 'ellipse'] as const).flatMap((kind) => {
    const all = (given.get(`mask-${kind}`) ?? []) as readonly string[];
    return all.map((one) => ({ kind, one }));
  });
  const file = text('mask');
  const channel = text('mask-channel');
  if (file === undefined && shapes.length === 0) {
    const [[name] = []] = given;
    throw usage(`--${name} has no mask`, 'Give one with --mask, --mask-rectangle or --mask-ellipse.');
  }
  const isJson = file !== undefined && /\.json$/i.test(file);
  if (channel !== undefined && (file === undefined || isJson)) {
    throw usage('--mask-channel is for a matte', 'Give the matte with --mask, or leave it out.');
  }
  const base = isJson ? maskIn(file) : NEW_MASK;
  const matte =
    file === undefined || isJson ? [] : [{ kind: 'matte', id: 'matte', path: resolve(file), channel }];
  const drawn = shapes.map(({ kind, one }, i) => ({
    ...{ id: `option-${i + 1}`, kind, keys: [{ frame: 0, ...boxIn(`--mask-${kind}`, one) }] },
  }));
  return checked(mask, '--mask', {
    invert: base.invert || given.get('mask-invert') === true,
    grow: number('mask-grow') ?? base.grow,
    feather: number('mask-feather') ?? base.feather,
    parts: [...base.parts, ...matte, ...drawn],
  });
}

/** Paths in it are relative to it. */
function maskIn(file: string): Mask {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    throw usage(
      `the mask ${file} ${isThere ? 'is not JSON' : 'is not there'}`,
      'Check the name, or give a matte or a shape.',
    );
  }
  const { parts, ...edge } = checked(maskDraft, `the mask ${file}`, json);
  const whole = (path: string) => resolve(dirname(file), path);
  const placed = parts.map((part): Part => {
    if (part.kind === 'matte') return { ...part, path: whole(part.path) };
    return part.kind === 'segmenter' && part.model !== null ? { ...part, model: whole(part.model) } : part;
  });
  return { ...edge, parts: placed };
}

function checked(schema: typeof mask, what: string, value: unknown): Mask {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw usage(
    `${what}: ${[...issue.path.map(String), issueText(issue)].join(' ')}`,
    'See "Edit only here" in the manual.',
  );
}

function boxIn(option: string, text: string): { x: number; y: number; width: number; height: number } {
  const numbers = text.split(',').map((one) => (one.trim() === '' ? Number.NaN : Number(one)));
  const [x, y, width, height] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isFinite) || width! <= 0 || height! <= 0) {
    throw usage(
      `${option} wants left, top, width and height in pixels, not "${text}"`,
      'Write it as 120,40,200,160.',
    );
  }
  return { x: x!, y: y!, width: width!, height: height! };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw usage(`--${name} wants a number, not "${text}"`, 'It is a number of pixels.');
  }
  return value;
}

function usage(message: string, hint: string): AppError {
  return new AppError('usage', message, { doing: 'reading the mask', hint });
}
