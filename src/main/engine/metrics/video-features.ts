/**
 * A network of video features with what prepares its pictures. It names itself wherever its numbers are shown: a Fréchet
 * distance means something only beside others by the same network.
 */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type CancelSignal, throwIfCancelled } from '../../../common/errors.ts';
import { partDigest } from '../models/digests.ts';
import { defect, kindOf, readJson } from '../models/files.ts';
import { openModel, openRead } from '../models/model.ts';
import { readModel } from '../models/read-model.ts';
import { imageProcessor, readPreparation } from '../models/roles/image-processor.ts';
import { videoFeatures } from '../models/roles/video-features.ts';
import { onnxFile } from '../models/source.ts';

export interface VideoFeatures {
  readonly name: string;
  /** sha256 hex of all that changes its numbers. */
  readonly digest: string;
  /** Frames of a stretch that becomes one feature. */
  readonly length: number;
  /** @param rgb RGB8 of height·width·3 */
  prepare(rgb: Uint8Array, width: number, height: number): Promise<Float32Array>;
  /** @param frames `length` of them, prepared */
  feature(frames: readonly Float32Array[]): Promise<Float32Array>;
  close(): Promise<void>;
}

const CHOOSE = 'Choose a folder with model.onnx (I3D, VideoMAE, …) and preprocessor_config.json.';
const lengthConfig = z.object({ num_frames: z.int().min(1).max(1000).nullish() });

/**
 * All of it has run once when this returns.
 * @param dir model.onnx and preprocessor_config.json; that one says size, scale and, where the graph does not, num_frames
 * @throws AppError bundle-invalid, weights-missing, model-failed naming the file; Cancelled. Nothing stays open then.
 */
export async function openVideoFeatures(dir: string, signal?: CancelSignal): Promise<VideoFeatures> {
  if ((await kindOf(dir)) !== 'folder') throw defect(dir, 'there is no such folder', CHOOSE);
  const file = join(dir, 'model.onnx');
  if ((await kindOf(file)) !== 'file') throw defect(dir, 'there is no model.onnx', CHOOSE);
  const processorFile = join(dir, 'preprocessor_config.json');
  const preparation = await readPreparation(processorFile);
  const { num_frames } = await readJson(processorFile, lengthConfig);
  const read = readModel(videoFeatures, onnxFile(file, { root: dir }), undefined);
  const { width, height } = preparation.out;
  const { io } = read;
  if ((io.width ?? width) !== width || (io.height ?? height) !== height) {
    const message = `the network wants pictures of ${io.width}×${io.height}, preprocessor_config.json makes ${width}×${height}`;
    throw defect(file, message, CHOOSE);
  }
  const length = io.frames ?? num_frames;
  if (!length) throw defect(processorFile, '"num_frames" is missing, and the graph does not say it', CHOOSE);
  if (num_frames && num_frames !== length)
    throw defect(
      file,
      `the network wants ${length} frames, preprocessor_config.json says ${num_frames}`,
      CHOOSE,
    );
  const digest = await partDigest([...read.source.files(read.graph), processorFile], undefined, signal);
  const name = basename(dir);
  // On the processor, so that distances compare across machines.
  const how = { variant: undefined, name, provider: 'cpu', signal } as const;
  const network = await openRead(videoFeatures, read, how);
  const pictures = await openModel(imageProcessor, preparation.source, { ...how, want: preparation });
  const close = async () => {
    await network.close();
    await pictures.close();
  };
  const prepare: VideoFeatures['prepare'] = async (rgb, across, down) =>
    (await pictures.functions(rgb, across, down)).data;
  const feature: VideoFeatures['feature'] = (frames) => network.functions(frames, width, height);
  try {
    const black = await prepare(new Uint8Array(width * height * 3), width, height);
    await feature(Array.from({ length }, () => black));
    throwIfCancelled(signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { name, digest, length, prepare, feature, close };
}
