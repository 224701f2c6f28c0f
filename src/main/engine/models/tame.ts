/** What graphs of plugins may not hold: what would take any time or any memory, whatever the picture. */
import type { ModelProto, NodeProto } from '../onnx/proto/gen/onnx_pb.js';
import type { LoadedGraph } from '../onnx/slim.ts';
import { defect } from './files.ts';
import { inputsOf } from './graph-values.ts';

/** They may go on for ever, and nothing can stop the runtime. */
const ENDLESS = ['Loop', 'Scan'];
/** Of a picture that a network wants; no camera makes larger ones. */
const LONGEST_SIDE = 16_384;

/** @throws AppError bundle-invalid */
export function requireTame({ model }: LoadedGraph, file: string): void {
  const message = model.source as ModelProto | undefined;
  const nodes = [...(message?.graph?.node ?? []), ...(message?.functions ?? []).flatMap(({ node }) => node)];
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    if (ENDLESS.includes(node.opType)) {
      const what = `it has the operator ${node.opType}, which may run without end`;
      throw defect(file, what, 'Tell whoever made the plugin: networks of plugins run straight through.');
    }
    nodes.push(...innerNodes(node));
  }
  for (const { name, dims } of inputsOf(model).list) {
    const sides = (dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
    if (!sides.some((side) => side > LONGEST_SIDE)) continue;
    throw defect(
      file,
      `its input ${name} is of ${sides.join('×')}, which fits into no memory`,
      'Tell whoever made the plugin.',
    );
  }
}

function innerNodes({ attribute }: NodeProto): NodeProto[] {
  return attribute.flatMap(({ g, graphs }) => [...(g?.node ?? []), ...graphs.flatMap(({ node }) => node)]);
}
