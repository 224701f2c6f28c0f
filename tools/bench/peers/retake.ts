/** Our side of the comparison: inverts and samples what FOLDER/request.json asks for, as an edit does, in a process of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { denoiseOf } from '../../../src/main/engine/diffusion/denoiser.ts';
import { sampleFrame } from '../../../src/main/engine/diffusion/sample.ts';
import { ddim, invertDdim } from '../../../src/main/engine/diffusion/solvers/ddim.ts';
import type {
  Conditioning,
  LatentShape,
  NoiseSchedule,
  Predict,
  PredictionType,
} from '../../../src/main/engine/diffusion/types.ts';
import { openRead } from '../../../src/main/engine/models/model.ts';
import { readModel } from '../../../src/main/engine/models/read-model.ts';
import { unet } from '../../../src/main/engine/models/roles/unet.ts';
import { writtenNetwork } from '../../../src/main/engine/models/source.ts';
import { unet2DCondition } from '../../../src/main/engine/onnx/networks/unet-2d-condition.ts';
import { readWeights } from '../../../src/main/engine/onnx/safetensors/component.ts';
import { answer } from '../child.ts';
import { countAnew, held } from '../process-memory.ts';

export interface PeerRequest extends NoiseSchedule {
  readonly prediction: PredictionType;
  readonly channels: number;
  /** Of the latent. */
  readonly side: number;
  readonly tokens: number;
  readonly dim: number;
  readonly guidance: number;
  readonly threads: number;
}

interface Seconds {
  readonly wall: number;
  /** Of the processor, in all threads. */
  readonly processor: number;
}

export interface PeerMeasured {
  readonly calls: readonly (Seconds & { readonly branches: number })[];
  /** Inverting and sampling one frame. */
  readonly edit: Seconds;
  /** The most memory from the first call on, bytes. */
  readonly peak: number;
}

function clock(): () => Seconds {
  const [wall, processor] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(processor);
    return { wall: (performance.now() - wall) / 1000, processor: (user + system) / 1e6 };
  };
}

async function measure(folder: string, attention: string): Promise<PeerMeasured> {
  const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8')) as PeerRequest;
  const { channels, side, tokens, dim, threads, guidance, prediction } = request;
  const part = join(folder, 'unet');
  const config: unknown = JSON.parse(readFileSync(join(part, 'config.json'), 'utf8'));
  const write = () => unet2DCondition(readWeights(part, { root: folder, label: 'the peer' }), config);
  const source = writtenNetwork(part, write, { role: 'unet' });
  const network = await openRead(unet, readModel(unet, source, {}), {
    variant: { sites: 'none', ...(attention === 'fused' && { fused: 'MultiHeadAttention' }) },
    ...{ name: 'the peer', provider: 'cpu', threads },
  });
  await network.open();
  const floats = (name: string) =>
    new Float32Array(new Uint8Array(readFileSync(join(folder, `${name}.bin`))).buffer);
  const text = floats('text');
  const [from, to] = [0, 1].map((branch): Conditioning => {
    const hidden = text.slice(branch * tokens * dim, (branch + 1) * tokens * dim);
    return { hidden, tokens, dim };
  }) as [Conditioning, Conditioning];
  const shape: LatentShape = { channels, height: side, width: side };
  const bare = network.functions.predict(shape, () => {});
  const calls: PeerMeasured['calls'][number][] = [];
  const predict: Predict = async (frames, joint) => {
    const taken = clock();
    const made = await bare(frames, joint);
    calls.push({ branches: frames[0]!.branches.length, ...taken() });
    return made;
  };
  const rest = { predict, prediction, form: ddim.form };
  countAnew();
  const taken = clock();
  const invert = denoiseOf({ ...rest, branches: [from], guidance: 1 });
  const inverted = await invertDdim(invert, floats('latent'), request);
  const sample = denoiseOf({ ...rest, branches: [from, to], guidance });
  const edited = await sampleFrame(ddim, sample, inverted, request);
  const edit = taken();
  for (const [name, made] of Object.entries({ inverted, edited })) {
    writeFileSync(join(folder, `${attention}-${name}.bin`), made);
  }
  const { peak } = held();
  return { calls, edit, peak };
}

await answer(import.meta.filename, measure);
