/** What a network is for. Everything that is known of one kind of network is one value of this type. */

import type { Recorder } from '../onnx/grad/recorder.ts';
import type { Model } from '../onnx/ir/graph.ts';
import type { Session, SessionOptions } from '../onnx/ort.ts';
import type { Outcomes, Step } from '../onnx/passes/pass.ts';
import type { FixedSize } from './frozen-size.ts';

/** What its graph is prepared for: to be run, or to be followed backwards, which operators of a runtime's own cannot be. */
export type Purpose = 'forward' | 'gradients';

/** A session as functions of plain arrays need it. */
export type Runner = Pick<Session, 'run'>;

/** What of a picture network is one picture in and one out. */
export interface TiledIo {
  readonly input: string;
  readonly inChannels: number | null;
  readonly output: string;
  readonly fixed: FixedSize;
}

/**
 * @typeParam Io which of the graph's inputs and outputs is which, and what an export froze of them
 * @typeParam Want what the reader of the graph must be told, void for nothing
 * @typeParam Variant which of its forms the graph is rewritten to, void where there is but one
 * @typeParam Functions what the network does, as functions of plain arrays
 */
export interface Role<Io, Want, Variant, Functions> {
  readonly id: string;
  /** As messages call it: "the VAE encoder". */
  readonly label: string;
  /** Of what lies in a bundle: its folder there. Where graphs lie side by side its name begins like this. */
  readonly folder?: string;
  /** A bundle is whole without it. */
  readonly optional?: boolean;
  /** How its session is to treat memory. */
  readonly session?: Pick<SessionOptions, 'lowMemory'>;
  /** @throws AppError bundle-invalid naming the file when the graph is no such network */
  io(model: Model, file: string, want: Want): Io;
  /** Of networks that make a picture of a picture, and can do so in tiles. */
  tiles?(io: Io): TiledIo;
  /** What its graph goes through before it is run, in order. */
  passes(purpose: Purpose, variant: Variant): readonly Step[];
  /**
   * What a part of the prepared graph goes through to stand by itself, over the same weights, and be run in a session of its own;
   * null where none is wanted.
   */
  cut?(outcomes: Outcomes, io: Io): readonly Step[] | null;
  functions(part: Part<Io>): Functions;
}

/** A network whose graph was read, understood and prepared. Running it opens its session. */
export interface Part<Io> {
  readonly session: Runner;
  /** The same in tiles, where its role has them. */
  readonly tiled?: Runner | undefined;
  /** The same followed backwards, where it was opened for that. */
  readonly recorder?: Recorder | undefined;
  readonly io: Io;
  /** Path of the graph, for errors. */
  readonly file: string;
  /** What the passes gave back. */
  readonly outcomes: Outcomes;
  /** What was cut from it. Of what it is fed it takes what it has inputs for. */
  readonly cut: { readonly session: Runner; readonly outcomes: Outcomes } | null;
}

/** A role where only its names matter. */
export type RoleName = Pick<Role<never, never, never, unknown>, 'id' | 'label' | 'folder' | 'optional'>;
