/** A bundle's report as text for a terminal. */
import prettyBytes from 'pretty-bytes';
import type { ProviderTrial } from '../../../common/report.ts';
import { type Grouped, valuesInWords } from '../../../common/settings/catalogue.ts';
import { SETTINGS } from '../../../common/settings/settings.ts';
import { MOST_WIDENED } from './half-weights.ts';
import type { BundleReport, PartReport } from './report.ts';
import { roleNamed } from './roles/registry.ts';
import { structureKind } from './structure.ts';

const KINDS = {
  sd: 'Stable Diffusion',
  'sd-depth': 'Stable Diffusion with depth',
  'sd-inpainting': 'Stable Diffusion for inpainting',
  sdxl: 'Stable Diffusion XL',
  'sdxl-inpainting': 'Stable Diffusion XL for inpainting',
};

const DEPTH = {
  estimator: 'estimated by the bundle',
  clip: 'not estimated by the bundle: give a depth clip',
};

function count(parameters: number): string {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(2)} billion`;
  return parameters >= 1e6 ? `${(parameters / 1e6).toFixed(1)} million` : `${parameters}`;
}

/**
 * Several lines without a final line break.
 * @param settings that come with the model, and what of them is not used
 * @param runsOn what computes here unless another is asked for, and what else was tried
 */
export function formatBundleReport(
  report: BundleReport,
  settings: { readonly values: Grouped; readonly problems: readonly string[] } = { values: {}, problems: [] },
  runsOn: { readonly used: string; readonly tried: readonly ProviderTrial[] } | null = null,
): string {
  const lines: string[] = [];
  const row = (label: string, value: string | null) => {
    if (value !== null) lines.push(`${label.padEnd(12)} ${value}`);
  };
  row('bundle', `${report.name} (${report.dir})`);
  row('kind', `${report.family ?? (report.kind ? KINDS[report.kind] : 'unclear')}, ${report.pipeline}`);
  const { scheduler, memory, sites } = report;
  if (scheduler) {
    const betas = `${scheduler.betaSchedule} ${scheduler.betaStart}…${scheduler.betaEnd}`;
    row(
      'schedule',
      `${scheduler.prediction}, ${betas}, ${scheduler.trainTimesteps} steps, ${scheduler.timestepSpacing}`,
    );
  }
  if (report.nativeSize !== null) {
    row('size', `trained at ${report.nativeSize}×${report.nativeSize}, sides in multiples of ${report.grid}`);
    const extra = report.structureChannels
      ? ` and ${report.structureChannels} of ${structureKind(report.structureChannels) === 'depth' ? 'structure' : 'mask and surroundings'}`
      : '';
    row('latent', `${report.latentChannels} channels${extra}, 1/${report.factor} of the picture`);
  }
  if (report.frozen) row('frozen', frozenLine(report.frozen));
  if (report.depth) row('depth', DEPTH[report.depth]);
  if (report.promptTokens.length > 0) row('prompt', `up to ${report.promptTokens[0]! - 2} tokens`);
  if (sites) row('attention', `${sites.all} self-attentions, ${sites.decoder} in the decoder`);
  row('parameters', count(report.parameters));
  row('stored', storedLine(report.parts));
  if (memory) {
    row(
      'memory',
      `guided with Pix2Video about ${memory.sizes.map(({ side, bytes }) => `${prettyBytes(bytes)} at ${side}×${side}`).join(', ')}; ${prettyBytes(memory.weights)} of it weights`,
    );
  }
  if (runsOn) row('runs on', runsOnLine(runsOn));
  const own = valuesInWords(settings.values, SETTINGS.fields);
  if (own.length > 0) row('settings', `its own: ${own.join(', ')}`);
  for (const part of report.parts) lines.push('', ...partLines(part));
  if (report.digests) {
    lines.push('', 'sha256');
    for (const [part, digest] of Object.entries(report.digests)) lines.push(`  ${part.padEnd(12)} ${digest}`);
  }
  const notes = [...report.warnings, ...settings.problems];
  if (notes.length > 0) lines.push('', ...notes.map((line) => `note: ${line}`));
  if (report.defects.length > 0) lines.push('', ...report.defects.map((line) => `error: ${line}`));
  return lines.join('\n');
}

/** Types that the processor computes with no faster: they are made float32. */
const WIDENED: readonly string[] = ['float16', 'bfloat16'];

/** What the type of the weights costs, once: "float16, 2.13 GB; …". */
function storedLine(parts: readonly PartReport[]): string | null {
  if (parts.some(({ bytes }) => bytes === null) || parts.length === 0) return null;
  const sum = (of: readonly PartReport[], value: (part: PartReport) => number) =>
    of.reduce((all, part) => all + value(part), 0);
  const types = [...new Set(parts.map(({ weightType }) => weightType))].join(', ');
  const said = `${types}, ${prettyBytes(sum(parts, ({ bytes }) => bytes ?? 0))} on disk`;
  const narrow = parts.filter(({ weightType }) => WIDENED.includes(weightType));
  const stays = ({ file, parameters }: PartReport) =>
    !file.endsWith('.onnx') && parameters * 2 > MOST_WIDENED;
  const [staying, widened] = [narrow.filter(stays), narrow.filter((part) => !stays(part))];
  const costs = [
    staying.length > 0 &&
      `${namesOf(staying)} stays in its file on the processor, widened layer by layer as it runs`,
    widened.length > 0 &&
      `${namesOf(widened)} widened to float32 when loaded, ${prettyBytes(sum(widened, ({ parameters }) => parameters * 4))} in memory`,
  ];
  return [said, ...costs.filter((cost) => cost !== false)].join('; ');
}

/** "cpu; webgpu works, 640 ms a call against 2.1 ms on the processor". */
function runsOnLine({ used, tried }: { used: string; tried: readonly ProviderTrial[] }): string {
  const working = tried.filter(({ provider, ok }) => ok && provider !== 'cpu');
  return [used, ...working.map(({ provider, reason }) => `${provider} ${reason}`)].join('; ');
}

function namesOf(parts: readonly PartReport[]): string {
  return parts.map(({ role }) => roleNamed(role).folder).join(', ');
}

function frozenLine({ width, height, batch }: NonNullable<BundleReport['frozen']>): string | null {
  const said: string[] = [];
  if (width !== null || height !== null)
    said.push(`pictures of ${width ?? 'any'}×${height ?? 'any'} only, other shapes are padded`);
  if (batch === 1) said.push('one prompt at a time, so guidance takes two passes');
  if (batch !== null && batch > 1) said.push(`${batch} prompts at a time, also where one is wanted`);
  return said.length > 0 ? said.join('; ') : null;
}

function partLines(part: PartReport): string[] {
  const stored = part.bytes === null ? 'weights missing' : prettyBytes(part.bytes);
  const files = [part.file, ...part.weights.filter((file) => file !== part.file)].join(', ');
  return [
    `${roleNamed(part.role).folder}: ${stored}, ${part.weightType}, ${count(part.parameters)} parameters, ${part.nodes} nodes`,
    `  file ${files}`,
    ...part.inputs.map((value) => `  in   ${value}`),
    ...part.outputs.map((value) => `  out  ${value}`),
  ];
}
