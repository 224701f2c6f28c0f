/** What came of trying a model on a few frames of the artist's. */
export interface ModelTrial {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly frames: number;
  readonly steps: number;
  readonly width: number;
  readonly height: number;
  readonly provider: string;
  /** Without opening the networks. */
  readonly secondsPerFrame: number;
  readonly openSeconds: number;
  /** Bytes of the engine at most; null where the system does not tell. */
  readonly peakBytes: number | null;
  /** Bytes of it that the engine held already; a fresh one holds about 200 MB, one that has rendered more. */
  readonly heldBytes: number;
  /** The same as it was foretold; null on graphics cards. */
  readonly foretoldBytes: number | null;
}
