/** The options of `retake edit` and how they become an edit request. One table, so that help and errors agree. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../common/errors.ts';
import { formatNamed, TAKE_FORMATS } from '../../common/formats/registry.ts';
import { type EditRequest, PROVIDERS, parseSettings } from '../../common/settings.ts';
import { parseRate } from '../../common/time/rational.ts';

export interface EditFlags {
  bundle: string;
  depth?: string;
  imageText?: string;
  sourcePrompt: string;
  prompt: string;
  negativePrompt?: string;
  method?: string;
  param?: string[];
  anchor?: string;
  from?: string;
  to?: string;
  out: string;
  steps?: string;
  guidance?: string;
  keep?: string;
  seed?: string;
  size?: string;
  solver?: string;
  schedule?: string;
  rate?: string;
  inversion?: string;
  refinement?: string;
  format?: string;
  alpha?: string;
  provider?: string;
}

const collect = (value: string, all: string[] = []) => [...all, value];

export function addEditOptions(command: Command): Command {
  return command
    .requiredOption('--bundle <dir>', 'folder of an exported Stable Diffusion (diffusers ONNX layout)')
    .requiredOption('--source-prompt <text>', 'what the clip shows now')
    .requiredOption('--prompt <text>', 'what the take shall show')
    .requiredOption('--out <file>', 'the take to write')
    .option('--rate <fps>', 'frames per second of a picture sequence (shot.####.png); 24 by default')
    .option(
      '--depth <clip>',
      'for depth models: a clip like the first, near bright and far dark; without it the bundle estimates',
    )
    .option('--image-text <dir>', 'a CLIP model (ONNX, as for transformers.js) that measures the take')
    .option('--negative-prompt <text>', 'what the take shall avoid')
    .option('--method <id>', 'editing method, see "retake methods"; pix2video unless the model says another')
    .option('-p, --param <name=value>', "one of the method's own parameters; may be repeated", collect)
    .option('--anchor <frame>', 'frame whose look leads the others; the first to edit by default')
    .option('--from <frame>', 'first frame to edit; the clip starts with frame 0')
    .option('--to <frame>', 'last frame to edit')
    .option('--steps <n>', 'diffusion steps; 50 unless the model says another number')
    .option(
      '--guidance <g>',
      'how strongly the prompt steers; 1 is off and twice as fast; 7.5 unless the model says another',
    )
    .option(
      '--keep <share>',
      'keep the clip where both prompts mean the same: 0 off, 0.3 a little, 0.6 much; guidance then starts from the source prompt',
    )
    .option('--seed <n>', 'seed of everything random', '0')
    .option('--size <pixels>', "side of the square whose area the canvas has; the network's own by default")
    .addOption(
      new Option(
        '--solver <name>',
        'see "retake methods", k-diffusion names too; the method knows its own best',
      ),
    )
    .option('--schedule <name>', 'spacing of the noise levels: bundle, karras, exponential')
    .addOption(
      new Option('--inversion <name>', 'timestep of a DDIM inversion step').choices(['upper', 'lower']),
    )
    .option(
      '--refinement <k>',
      'fixed-point iterations per inversion step; 1 unless the model says another number',
    )
    .addOption(new Option('--format <name>', 'codec of the take').choices([...TAKE_FORMATS]))
    .addOption(
      new Option(
        '--alpha <name>',
        "the clip's transparency: auto keeps it in ProRes 4444 and PNG, off leaves it out",
      ).choices(['auto', 'off']),
    )
    .addOption(new Option('--provider <name>', 'what computes').choices([...PROVIDERS]));
}

/** @throws AppError usage */
export function sequenceRate(text: string): string {
  if (parseRate(text) !== null) return text;
  throw new AppError('usage', `--rate ${text} is no rate`, {
    doing: 'reading the options',
    hint: 'Write 24, 23.976 or 30000/1001.',
  });
}

/** @throws AppError usage naming the option */
export function editRequest(clip: string, flags: EditFlags): EditRequest {
  const from = wholeNumber('--from', flags.from);
  const to = wholeNumber('--to', flags.to);
  const request: Record<string, unknown> = {
    clip: resolve(clip),
    rate: flags.rate,
    bundle: resolve(flags.bundle),
    depth: flags.depth === undefined ? undefined : resolve(flags.depth),
    imageText: flags.imageText === undefined ? undefined : resolve(flags.imageText),
    out: resolve(flags.out),
    sourcePrompt: flags.sourcePrompt,
    prompt: flags.prompt,
    negativePrompt: flags.negativePrompt,
    method: flags.method,
    params: flags.param && methodParams(flags.param),
    anchor: wholeNumber('--anchor', flags.anchor) ?? from,
    steps: wholeNumber('--steps', flags.steps),
    guidance: decimal('--guidance', flags.guidance),
    keep: decimal('--keep', flags.keep),
    seed: wholeNumber('--seed', flags.seed),
    size: wholeNumber('--size', flags.size),
    solver: flags.solver,
    schedule: flags.schedule,
    inversion: flags.inversion,
    refinement: wholeNumber('--refinement', flags.refinement),
    format: flags.format ?? formatNamed(flags.out),
    alpha: flags.alpha,
    provider: flags.provider,
    range:
      from === undefined && to === undefined
        ? undefined
        : { start: from ?? 0, end: to === undefined ? null : to + 1 },
  };
  for (const key of Object.keys(request)) if (request[key] === undefined) delete request[key];
  parseSettings(request);
  return request as EditRequest;
}

function methodParams(pairs: readonly string[]): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    if (cut < 1) throw usage(`--param wants name=value, not "${pair}"`);
    const text = pair.slice(cut + 1);
    let value: unknown = text;
    try {
      value = JSON.parse(text);
    } catch {
      // A bare word is a string.
    }
    params[pair.slice(0, cut)] = value;
  }
  return params;
}

function decimal(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw usage(`${option} wants a number, not "${text}"`);
  return value;
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  const value = decimal(option, text);
  if (value !== undefined && !Number.isInteger(value))
    throw usage(`${option} wants a whole number, not "${text}"`);
  return value;
}

function usage(message: string): AppError {
  return new AppError('usage', message, { doing: 'reading the options', hint: 'See "retake edit --help".' });
}
