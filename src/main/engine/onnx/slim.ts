/**
 * Loads a graph of any size without its weights: large initializers stay where they are, in the model file itself
 * or beside it, and become external data that the runtime maps.
 */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AppError } from '../../../common/errors.ts';
import type { Model } from './ir/graph.ts';
import { type InlineRange, type Placed, placeTensors } from './placing.ts';
import { decodeModel, readModel } from './serde.ts';
import { allowedFolders, realWithin, refuseImpostor, resolveWeights, type WeightsFile } from './weights.ts';
import { encodeField, type Field, WireError, WireFile } from './wire.ts';

/** Initializers of this many bytes or more stay on disk. */
const EXTERNAL_FROM = 256;
/** Graphs beyond this are not graphs; protobuf itself ends at 2 GiB. */
const LARGEST_GRAPH = 1 << 30;

// Field numbers of onnx.proto.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_NAME = 8;
const TENSOR_RAW = 9;
const TENSOR_FLOATS = 4;
const TENSOR_DOUBLES = 10;

export interface LoadedGraph extends Placed {
  readonly model: Model;
}

/**
 * @param file the .onnx file; its weights may be inside, beside it, or links into a Hugging Face cache.
 * @param options.root the bundle; neither file nor weights may lie outside.
 * @throws AppError bundle-invalid or weights-missing, in words that say which file and why.
 */
export function loadGraph(file: string, options: { root: string }): LoadedGraph {
  const label = `${basename(dirname(file))}/${basename(file)}`;
  const doing = `reading ${label}`;
  if (!existsSync(file)) throw new AppError('bundle-invalid', `there is no file ${file}`, { doing });
  const allowed = allowedFolders(options.root);
  const real = realWithin(file, allowed, doing);
  refuseImpostor(real, doing, basename(file));
  const { bytes, inline, size } = scan(real, doing);
  const files = new Map<string, WeightsFile>();
  const resolve = (location: string): WeightsFile => {
    const known = files.get(location) ?? resolveWeights(location, dirname(file), allowed, doing);
    files.set(location, known);
    return known;
  };
  const message = decodeModel(bytes, label);
  const placed = placeTensors(message, { doing, inline, self: { path: real, size }, resolve });
  return { model: readModel(message, label), ...placed };
}

/** Bytes written anew, or a stretch of the file. */
type Part = Buffer | { readonly from: number; to: number };

/** The model without the data of its large initializers, and where that data is. */
function scan(
  path: string,
  doing: string,
): { bytes: Buffer; inline: Map<string, InlineRange>; size: number } {
  using file = new WireFile(path);
  const inline = new Map<string, InlineRange>();
  const top: Part[] = [];
  let kept = 0;
  const keep = (parts: Part[], field: Field) => {
    kept += field.to - field.start;
    if (kept > LARGEST_GRAPH) throw new WireError('the graph itself is larger than a gigabyte');
    const last = parts.at(-1);
    if (last && !Buffer.isBuffer(last) && last.to === field.start) last.to = field.to;
    else parts.push({ from: field.start, to: field.to });
  };
  try {
    for (const field of file.fields(0, file.size)) {
      if (field.number !== MODEL_GRAPH || field.wire !== 2) {
        keep(top, field);
        continue;
      }
      const graph: Part[] = [];
      for (const part of file.fields(field.from, field.to)) {
        const slim =
          part.number === GRAPH_INITIALIZER && part.wire === 2 ? slimTensor(file, part, inline) : null;
        if (slim) graph.push(...encodeField(GRAPH_INITIALIZER, slim));
        else keep(graph, part);
      }
      top.push(
        ...encodeField(
          MODEL_GRAPH,
          graph.map((part) => bytesOf(file, part)),
        ),
      );
    }
    return { bytes: Buffer.concat(top.map((part) => bytesOf(file, part))), inline, size: file.size };
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    const cut = /runs to|are needed|unfinished/.test(cause.message);
    const what = cut ? 'the file is cut short or not an ONNX model' : 'the file is not an ONNX model';
    throw new AppError('bundle-invalid', `${what} (${cause.message})`, {
      doing,
      hint: 'Download it again.',
      cause,
    });
  }
}

function bytesOf(file: WireFile, part: Part): Buffer {
  return Buffer.isBuffer(part) ? part : file.bytes(part.from, part.to);
}

/** A tensor without its data, or null when it is small or has its data elsewhere. */
function slimTensor(file: WireFile, tensor: Field, inline: Map<string, InlineRange>): Buffer[] | null {
  if (tensor.to - tensor.from < EXTERNAL_FROM) return null;
  const fields = [...file.fields(tensor.from, tensor.to)];
  // Packed floats and doubles lie in the file exactly as raw data would.
  const data = fields.filter(
    (f) => f.wire === 2 && [TENSOR_RAW, TENSOR_FLOATS, TENSOR_DOUBLES].includes(f.number),
  );
  const name = fields.find((f) => f.number === TENSOR_NAME && f.wire === 2);
  const [payload] = data;
  if (data.length !== 1 || !payload || !name || payload.to - payload.from < EXTERNAL_FROM) return null;
  const text = file.bytes(name.from, name.to).toString('utf8');
  if (inline.has(text)) return null;
  inline.set(text, { offset: payload.from, length: payload.to - payload.from });
  return fields.filter((f) => f !== payload).map((f) => file.bytes(f.start, f.to));
}
