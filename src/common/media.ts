/** What the engine knows of a clip and wants of a take. Plain data: crosses processes, is stored in projects. */

/** An exact fraction; den > 0, lowest terms. Rates are frames per second (24000/1001), never 23.976. */
export interface Rational {
  readonly num: number;
  readonly den: number;
}

/** Colour as ffmpeg names it ("bt709", "smpte170m", …); null where the file does not say. */
export interface ColourTags {
  readonly primaries: string | null;
  readonly transfer: string | null;
  readonly matrix: string | null;
  readonly range: 'tv' | 'pc' | null;
}

export interface AudioStream {
  readonly index: number;
  readonly codec: string;
  readonly channels: number;
  /** ffmpeg's name: "stereo", "7.1.4", "ambisonic 1"; "12 channels" where nothing says what they are. */
  readonly layout: string;
  readonly sampleRate: number;
  readonly title: string | null;
  /** ISO 639-2, three letters. */
  readonly language: string | null;
  /** ffmpeg's names: "default", "hearing_impaired", … */
  readonly dispositions: readonly string[];
}

/** Seconds of the container's clock. */
export interface Chapter {
  readonly start: number;
  readonly end: number;
  readonly title: string | null;
}

/**
 * How pictures come onto the frames' clock where their own times would put them elsewhere: from each step on, ascending, they are
 * shifted by so much until the next.
 */
export type Retiming =
  | {
      readonly by: 'time';
      /** Seconds of the container's clock, seconds added. */
      readonly steps: readonly { readonly from: number; readonly shift: number }[];
    }
  | {
      readonly by: 'order';
      /** Number of the picture as it decodes, frames added to that number. */
      readonly steps: readonly { readonly from: number; readonly shift: number }[];
      /** Seconds added to the container's clock from the first, second, … join of recordings on. */
      readonly joins: readonly number[];
      /** Container time after which the pictures' own times hold again; null where they never do. */
      readonly settled: number | null;
    };

/** Numbered pictures that are a clip together; the clip's path is their pattern, "shot.####.png". */
export interface PictureSequence {
  readonly first: number;
  readonly count: number;
  /** Least digits of the number, what stands before and after it. */
  readonly digits: number;
  readonly before: string;
  readonly after: string;
  readonly rate: Rational;
}

/** A readable clip. Width and height are display pixels: rotated upright, pixel aspect made square. */
export interface ClipInfo {
  readonly path: string;
  /** Null for a clip that is one file. */
  readonly sequence: PictureSequence | null;
  readonly container: string;
  /** Number of the picture's stream in the file. */
  readonly stream: number;
  readonly codec: string;
  readonly pixelFormat: string;
  readonly bitDepth: number;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly width: number;
  readonly height: number;
  readonly rotation: 0 | 90 | 180 | 270;
  /** The file asks for a turn that is no quarter: the picture is taken as it is stored. */
  readonly asStored: boolean;
  readonly sampleAspect: Rational;
  readonly fieldOrder: 'progressive' | 'tff' | 'bff';
  readonly alpha: boolean;
  readonly hdr: boolean;
  readonly colour: ColourTags;
  /** Constant rate of the frames we decode; of a variable-rate source, the rate it is conformed to. */
  readonly rate: Rational;
  readonly variableRate: boolean;
  /** Exact count of conformed frames, counted by decoding when the container cannot be trusted. */
  readonly frames: number;
  /** Source presentation time in seconds of each conformed frame; null for a constant-rate source. */
  readonly sourceTimes: readonly number[] | null;
  /** Null where the pictures' own times put each on its frame. */
  readonly retiming: Retiming | null;
  /** Time in seconds at which the first picture stands in the container's clock. */
  readonly startTime: number;
  readonly durationSeconds: number;
  readonly timecode: string | null;
  readonly reel: string | null;
  readonly audio: readonly AudioStream[];
  readonly chapters: readonly Chapter[];
  /** Oddities the artist should hear of: "6 video streams, the first is used", "damaged frames". */
  readonly warnings: readonly string[];
}

/** Half-open range of conformed frames [start, end). */
export interface FrameRange {
  readonly start: number;
  readonly end: number;
}

/**
 * How source pixels sit in the model's canvas: scaled alike in both directions to content, then padded by
 * replicated edges to the canvas, whose sides are multiples of the network's grid. Export crops and scales back.
 */
export interface Fit {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly contentWidth: number;
  readonly contentHeight: number;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}
