/** The finished job as data: what was asked, found, computed, reused and written. */
import { RETAKE_VERSION } from '../../../common/contract/version.ts';
import type { ImageTextScores, TakeFile, TakeReport } from '../../../common/report.ts';
import { madeFrames } from '../recipe/extension.ts';
import type { RenderContext } from './context.ts';
import { controlsAsked } from './controls.ts';
import type { Ingredients } from './derive.ts';
import { codeOf } from './plugin-code.ts';
import type { Shot } from './prepare.ts';
import type { Sampled } from './sample.ts';

export function buildReport(parts: {
  shot: Shot;
  made: Ingredients;
  sampled: Sampled;
  take: TakeFile;
  imageText: ImageTextScores | null;
  context: RenderContext;
}): TakeReport {
  const { shot, made, sampled, take, context } = parts;
  const { bundle } = shot;
  const { seconds } = context.progress;
  return {
    retake: RETAKE_VERSION,
    job: context.job,
    settings: shot.settings,
    clip: shot.clip,
    range: shot.range,
    ...(shot.extension && { made: madeFrames(shot.extension) }),
    canvas: shot.fit,
    method: methodOf(shot),
    bundle: {
      name: bundle.name,
      kind: bundle.kind,
      prediction: bundle.scheduler.prediction,
      digests: { ...bundle.digests },
      ...(bundle.embeddings.length > 0 && {
        embeddings: bundle.embeddings.map(({ names, digest }) => ({ words: names, digest })),
      }),
    },
    ...(shot.recipe.controls.length > 0 && { controls: controlsOf(shot) }),
    ...(bundle.loras.length > 0 && { loras: bundle.loras.map(({ path: _, ...lora }) => lora) }),
    structure: sourceOf(shot),
    ...(bundle.tiled.encode + bundle.tiled.decode > 0 && { vaeTiles: { ...bundle.tiled } }),
    provider: { used: shot.provider, tried: shot.tried },
    attention: attentionOf(bundle),
    inversion: made.inversion,
    ...(made.tuned && { tuned: made.tuned }),
    derived: made.counts,
    ...(made.brushConfidence && { brushConfidence: made.brushConfidence }),
    sampling: {
      unetCalls: sampled.unetCalls,
      unetBranches: sampled.unetBranches,
      ...(shot.settings.sampling.reuse > 1 && { unetShallow: sampled.unetShallow }),
      ...(shot.record && { unetRecorded: sampled.unetRecorded }),
      ...(shot.recipe.controls.length > 0 && { controlCalls: sampled.controlCalls }),
      resumedFrom: sampled.resumedFrom,
    },
    seconds: { ...seconds(), run: { ...bundle.runSeconds } },
    // resource usage counts kilobytes on every platform Node runs on
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    take,
    imageText: parts.imageText,
    warnings: context.warnings,
  };
}

function methodOf({ method, params, solver }: Shot): TakeReport['method'] {
  const { plugin } = method;
  return {
    ...{ id: method.id, params, solver: solver.id },
    ...(plugin && { plugin: { ...codeOf(plugin), name: plugin.name, deterministic: plugin.deterministic } }),
  };
}

function attentionOf({ attention }: Shot['bundle']): TakeReport['attention'] {
  const of = (part: 'unet' | 'vae') => {
    const why = attention.why[part];
    return { operator: attention[part], ...(why !== undefined && { why }) };
  };
  return { unet: of('unet'), vae: of('vae') };
}

function sourceOf({ depth, inpainted }: Shot): TakeReport['structure'] {
  const source = depth?.source ?? inpainted;
  return source && { source };
}

function controlsOf(shot: Shot): TakeReport['controls'] {
  const asked = controlsAsked(shot);
  return shot.recipe.controls.map(({ control: { path } }, i) => ({ path, ...asked[i]! }));
}
