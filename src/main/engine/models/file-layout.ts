/** What a single-file checkpoint says of the model it holds: the original trainers' form, all parts in one file. */
import { basename, dirname } from 'node:path';
import { openSafetensors } from '../onnx/safetensors/open.ts';
import { resource } from '../resources.ts';
import { type Component, type SingleFile, singleFile } from './checkpoints/single-file.ts';
import { checkedJson, defect } from './files.ts';
import type { Layout, LayoutPart } from './layout.ts';
import { preprocessorConfig } from './preprocessor.ts';
import type { RoleId } from './roles/registry.ts';
import { textConfig } from './roles/text-encoder.ts';
import { unetConfig } from './roles/unet-io.ts';
import { vaeConfig } from './roles/vae.ts';
import { storedInFile } from './written-networks.ts';

/** Of float8 files that hold scales beside the weights. */
const SCALED = /(^|\.)(scaled_fp8|scale_weight|scale_input|weight_scale|input_scale)$/;
const FULL = 'Take its float16 or float32 form.';
const ENDING = '.safetensors';
/** Listed in messages; the rest is counted. */
const SHOWN = 3;

/** Throws a defect that says what the file is instead. @param file path of it, links included */
export function readFileLayout(file: string): Layout {
  const doing = `reading ${basename(file)}`;
  const opened = openSafetensors(file, doing);
  const scaled = [...opened.tensors.keys()].find((name) => SCALED.test(name));
  if (scaled !== undefined)
    throw defect(file, `its weights are rounded, with scales of their own (${scaled.slice(0, 80)})`, FULL);
  const single = singleFile(opened);
  const { unet, vae, text_encoder, text_encoder_2, depth_estimator } = single.components;
  const texts = [text_encoder, ...(text_encoder_2 ? [text_encoder_2] : [])];
  const part = (role: RoleId, { weights, config }: Component, more?: unknown): LayoutPart => ({
    role,
    folder: dirname(file),
    file,
    configFile: file,
    stored: true,
    alsoStored: false,
    source: storedInFile(role, { file, weights, config, more }),
  });
  const parts = [
    part('unet', unet),
    part('vaeEncoder', vae),
    part('vaeDecoder', vae),
    part('textEncoder', text_encoder),
    ...(text_encoder_2 ? [part('textEncoder2', text_encoder_2)] : []),
    ...(depth_estimator ? [part('depthEstimator', depth_estimator, single.preprocessor)] : []),
  ];
  return {
    dir: file,
    name: basename(file, ENDING),
    className: single.pipeline,
    indexFile: null,
    family: single.label,
    noiseLatent: single.noiseLatent,
    xl: text_encoder_2 !== undefined,
    // As the released model's own index has it.
    zeroEmptyPrompt: text_encoder_2 !== undefined,
    parts: Object.fromEntries(parts.map((one) => [one.role, one])),
    unet: checkedJson(file, unet.config, unetConfig),
    vae: checkedJson(file, vae.config, vaeConfig),
    text: texts.map(({ config }) => checkedJson(file, config, textConfig)),
    tokenizers: single.padding.map((padding) => ({ folder: clipTokenizer(file), padding })),
    scheduler: { file, made: single.scheduler, predictionUnknown: single.prediction === null },
    preprocessor: single.preprocessor && {
      file,
      config: checkedJson(file, single.preprocessor, preprocessorConfig),
    },
    ranges: { flowEstimator: null, interpolator: null },
    notes: notesOf(single),
  };
}

/** CLIP's, which comes with Retake: such files bring none. */
function clipTokenizer(file: string): string {
  const folder = resource('clip-tokenizer');
  if (folder !== null) return folder;
  throw defect(file, 'the tokenizer that comes with Retake is missing', 'Install Retake again.');
}

function notesOf({ unknown }: SingleFile): string[] {
  if (unknown.length === 0) return [];
  const more = unknown.length > SHOWN ? ` and ${unknown.length - SHOWN} more` : '';
  const names = unknown.slice(0, SHOWN).map((name) => name.slice(0, 80));
  return [`The file holds what no such model has and Retake does not use: ${names.join(', ')}${more}.`];
}
