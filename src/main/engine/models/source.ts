/** Where a network comes from. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Model } from '../onnx/ir/graph.ts';
import { type LoadedGraph, loadGraph } from '../onnx/slim.ts';
import { lenderOf, requireLent } from './contributed.ts';
import { requireTame } from './tame.ts';

/** An ONNX file is one; a checkpoint whose architecture is written as a graph over the file's own bytes is another. */
export interface Source {
  /** Path that messages name. */
  readonly file: string;
  /** The graph; weights stay where they are. @throws AppError bundle-invalid, weights-missing */
  load(): LoadedGraph;
  /** Paths of all that makes the network's numbers, in the order of its digest. */
  files(graph: LoadedGraph): readonly string[];
  /** What else makes them and lies in no file. */
  readonly also?: string;
}

/**
 * @param root the model's folder; neither the graph nor its weights may lie outside
 * @param beside further files that change the numbers: configuration, what prepares pictures
 */
export function onnxFile(
  file: string,
  { root, beside = [] }: { readonly root: string; readonly beside?: readonly string[] },
): Source {
  return {
    file,
    load() {
      const graph = loadGraph(file, { root });
      if (lenderOf(root) !== null) requireTame(graph, file);
      requireLent(root);
      return graph;
    },
    files: (graph) => [...new Set([realpathSync(file), ...graph.files]), ...beside],
  };
}

/** A graph that is written here, after what a file says. */
export function writtenGraph(file: string, write: () => Model): Source {
  return {
    file,
    load: () => ({ model: write(), folder: dirname(file), files: [] }),
    files: () => [file],
  };
}

/** Counts up when networks are written otherwise than before, so that their numbers are others. */
const WRITING = 1;

/**
 * A network that is written here, over weights that lie in files.
 * @param file that messages name
 * @param of.role what it is for: several may lie in one file
 * @param of.beside files that it follows: config.json
 * @param of.made a configuration that lies in no file
 */
export function writtenNetwork(
  file: string,
  write: () => LoadedGraph,
  {
    role,
    beside = [],
    made,
  }: { readonly role: string; readonly beside?: readonly string[]; readonly made?: unknown },
): Source {
  return {
    file,
    load() {
      requireLent(file);
      return write();
    },
    files: (graph) => [...graph.files, ...beside],
    also: JSON.stringify([WRITING, role, made ?? null]),
  };
}
