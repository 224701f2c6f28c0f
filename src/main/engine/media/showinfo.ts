/** Reads the two pictures of a stream's time: showinfo lines of a decoding pass, framecrc lines of a packet pass. Pure. */
import type { Rational } from '../../../common/media.ts';
import { parseRational } from '../../../common/time/rational.ts';

export interface Shown {
  /** In units of the time base; null where the picture has no time. */
  readonly pts: number | null;
  readonly duration: number | null;
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
  readonly field: 'progressive' | 'tff' | 'bff';
}

const FIELDS = { P: 'progressive', T: 'tff', B: 'bff', '?': 'progressive' } as const;

/** One picture of `[Parsed_showinfo_0 @ …] n: 3 pts: 1536 pts_time:0.12 … fmt:yuv420p … s:64x64 i:P …`. */
export function parseShown(line: string): Shown | null {
  const match =
    /Parsed_showinfo\S* @ .*\bn:\s*\d+ pts:\s*(-?\d+|NOPTS) .*?fmt:(\S+) .*?\bs:(\d+)x(\d+) i:(.)/.exec(line);
  if (!match) return null;
  const duration = Number(/ duration:\s*(\d+)/.exec(line)?.[1] ?? 0);
  return {
    pts: match[1] === 'NOPTS' ? null : Number(match[1]),
    duration: duration > 0 ? duration : null,
    pixelFormat: match[2]!,
    width: Number(match[3]),
    height: Number(match[4]),
    field: FIELDS[match[5] as keyof typeof FIELDS] ?? 'progressive',
  };
}

export interface StreamClock {
  readonly timeBase: Rational;
  /** The rate the container claims; null where it claims none. */
  readonly nominalRate: Rational | null;
}

/** `config in time_base: 1/12800, frame_rate: 25/1`. */
export function parseClock(line: string): StreamClock | null {
  const match = /showinfo.*config in time_base: (\d+\/\d+), frame_rate: (\d+\/\d+)/.exec(line);
  const timeBase = match && parseRational(match[1]!);
  if (!match || !timeBase) return null;
  const rate = parseRational(match[2]!);
  return { timeBase, nominalRate: rate && rate.num > 0 ? rate : null };
}

export interface Packet {
  readonly pts: number;
  readonly duration: number;
  readonly key: boolean;
  /** Flagged corrupt, or to be decoded but not shown. */
  readonly doubtful: boolean;
}

/** `0, dts, pts, duration, size, crc[, F=0x0]`; null for comments and for packets without a time. */
export function parsePacket(line: string): Packet | null {
  const match = /^\d+,\s*\S+,\s*(-?\d+),\s*(\d+),\s*\d+,\s*0x[0-9a-f]+(?:,\s*F=0x([0-9A-Fa-f]+))?/.exec(line);
  if (!match) return null;
  const flags = match[3] === undefined ? 1 : Number.parseInt(match[3], 16);
  return {
    pts: Number(match[1]),
    duration: Number(match[2]),
    key: (flags & 1) !== 0,
    doubtful: (flags & ~1) !== 0,
  };
}

/** `#tb 0: 1/12800` of framecrc. */
export function parsePacketTimeBase(line: string): Rational | null {
  const match = /^#tb 0: (\d+\/\d+)/.exec(line);
  return match && parseRational(match[1]!);
}
