/**
 * ui@1: what a panel of a plugin and the window say to each other, over a message port of their own. A panel writes text
 * (JSON), so that the window knows how long a message is before it opens it; the window answers with plain values.
 */
import { z } from 'zod';

export const UI_SUITE = 'ui@1';

/** Characters of one message of a panel. */
export const LONGEST_MESSAGE = 32_768;

/** Longer edge of the pixels that `frame` gives. */
const FRAME_EDGE = { least: 16, usual: 256, most: 512 } as const;

/** What a panel may look at, where its manifest says so. No path of a file is ever among it. */
const UI_READS = ['project', 'timeline', 'shot', 'takes', 'frame'] as const;
export const uiRead = z.enum(UI_READS);
export type UiRead = z.infer<typeof uiRead>;

const id = z.string().min(1).max(200);
const frame = z.int().min(0);

/**
 * What a panel may have done, where its manifest says so: what it takes, and as the artist is told it, after "wants to". What
 * `changes` the project is asked of the artist the first time, and is undone like any other change.
 */
export const UI_COMMANDS = {
  seek: {
    input: z.strictObject({ frame }),
    words: 'move the playhead',
    changes: false,
  },
  'select-shot': {
    input: z.strictObject({ shot: id }),
    words: 'choose a shot',
    changes: false,
  },
  /** Only right after the artist clicked. */
  copy: {
    input: z.strictObject({ text: z.string().min(1).max(4000) }),
    words: 'copy text when you click',
    changes: false,
  },
  'add-to-prompt': {
    input: z.strictObject({ words: z.string().trim().min(1).max(500) }),
    words: 'add words to the prompt',
    changes: true,
  },
  /** By its path, "sampling.steps"; of the shot in hand. Those that name files are not given away. */
  'set-setting': {
    input: z.strictObject({
      setting: z.string().max(100),
      value: z.union([z.string().max(4000), z.number(), z.boolean(), z.null()]),
    }),
    words: 'change settings of the shot',
    changes: true,
  },
  'add-marker': {
    input: z.strictObject({
      frame,
      name: z.string().max(500).default(''),
      note: z.string().max(4000).default(''),
    }),
    words: 'add markers',
    changes: true,
  },
  /** Null shows the clip. */
  'show-take': {
    input: z.strictObject({ take: id.nullable() }),
    words: 'choose which take is shown',
    changes: true,
  },
} as const satisfies Record<string, { input: z.ZodType; words: string; changes: boolean }>;
export const uiCommand = z.enum(Object.keys(UI_COMMANDS) as (keyof typeof UI_COMMANDS)[]);
export type UiCommand = z.infer<typeof uiCommand>;
export type UiInput<Name extends UiCommand> = z.output<(typeof UI_COMMANDS)[Name]['input']>;

const call = z.int().min(1);

/** What a panel says. */
export const panelMessage = z.discriminatedUnion('ask', [
  /** Answered once, by the number that the panel gave it. `edge` is of `frame`. */
  z.strictObject({
    ask: z.literal('read'),
    call,
    what: uiRead,
    edge: z.int().min(FRAME_EDGE.least).max(FRAME_EDGE.most).default(FRAME_EDGE.usual),
  }),
  /** From now on the panel is told when one of these is another; none ends that. */
  z.strictObject({ ask: z.literal('watch'), what: z.array(uiRead).max(UI_READS.length) }),
  z.strictObject({ ask: z.literal('run'), call, command: uiCommand, input: z.unknown() }),
  /** How high its content is, in CSS pixels; the window gives it that much, within reason. */
  z.strictObject({ ask: z.literal('height'), pixels: z.number().min(0).max(100_000) }),
  /** Escape was pressed: the keys go back to the window. */
  z.strictObject({ ask: z.literal('leave') }),
  /** To `ping`, at once. */
  z.strictObject({ ask: z.literal('pong') }),
]);
export type PanelMessage = z.infer<typeof panelMessage>;

const rate = z.strictObject({ num: z.int(), den: z.int().min(1) });
/** By path. */
const settings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** What each read answers; null where there is none. Timeline frames count from 0, those of a shot are its clip's; ranges are half-open. */
export const uiValues = {
  project: z.strictObject({ name: z.string(), rate, shots: z.int(), length: frame }),
  timeline: z.strictObject({
    rate,
    length: frame,
    playhead: frame,
    in: frame.nullable(),
    out: frame.nullable(),
    items: z.array(
      z.strictObject({
        kind: z.enum(['shot', 'gap']),
        id: z.string(),
        /** Of a gap it is empty. */
        name: z.string(),
        from: frame,
        to: frame,
        chosen: z.boolean(),
      }),
    ),
    markers: z.array(
      z.strictObject({ id: z.string(), frame, name: z.string(), note: z.string(), colour: z.string() }),
    ),
  }),
  /** The shot in hand. */
  shot: z
    .strictObject({
      id: z.string(),
      name: z.string(),
      /** Name of its clip. */
      clip: z.string(),
      start: frame,
      end: frame,
      /** On the timeline. */
      from: frame,
      to: frame,
      anchors: z.array(frame),
      leadAnchor: frame,
      /** Id of the take that is shown; null shows the clip. */
      take: z.string().nullable(),
      settings,
    })
    .nullable(),
  /** Of the shot in hand, newest first. */
  takes: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      rating: z.int(),
      note: z.string(),
      start: frame,
      end: frame,
      shown: z.boolean(),
      /** Milliseconds since 1970. */
      createdAt: z.number(),
      /** It took to render. */
      seconds: z.number(),
      settings,
    }),
  ),
  /** Pixels under the playhead, of the take or the clip that the timeline shows there, made smaller. */
  frame: z
    .strictObject({
      shot: z.string(),
      /** Of the clip. */
      frame,
      of: z.enum(['clip', 'take']),
      width: z.int().min(1),
      height: z.int().min(1),
      /** RGBA, row by row. */
      pixels: z.custom<Uint8ClampedArray<ArrayBuffer>>((value) => value instanceof Uint8ClampedArray),
    })
    .nullable(),
} as const satisfies Record<UiRead, z.ZodType>;
export type UiValue<What extends UiRead> = z.infer<(typeof uiValues)[What]>;

/** Colours and measures of the window, by the name of their custom property without its dashes: "text", "selection". */
const theme = z.record(z.string(), z.string());

/** What the window says. */
export const windowMessage = z.discriminatedUnion('say', [
  /** First of all. */
  z.strictObject({
    say: z.literal('hello'),
    suite: z.literal(UI_SUITE),
    /** As the manifest calls it. */
    panel: z.string(),
    /** BCP 47. */
    language: z.string(),
    theme,
    reads: z.array(uiRead),
    commands: z.array(uiCommand),
  }),
  z.strictObject({ say: z.literal('theme'), theme }),
  z.strictObject({ say: z.literal('changed'), what: uiRead }),
  /** Asked now and then; a panel that does not answer is taken for one that hangs, and is stopped. */
  z.strictObject({ say: z.literal('ping') }),
  z.strictObject({ say: z.literal('answer'), call, value: z.unknown() }),
  /** `why` is a line for people. */
  z.strictObject({ say: z.literal('refused'), call, why: z.string() }),
]);
export type WindowMessage = z.infer<typeof windowMessage>;
