/**
 * What plugins of Retake are made of: the manifest, what a plugin's file exports, and what it is told and answers.
 * The whole guide is docs/plugins.md. Types only: there is nothing to run here and nothing to depend on.
 */

/** An answer at once, or later. A plugin of tier "script" answers at once. */
export type Answer<T> = T | Promise<T>;

// ---------------------------------------------------------------- the manifest, retake-plugin.json

/** `retake-plugin.json`: all that Retake knows of a plugin before anything of it runs. Unknown keys are refused. */
export interface Manifest {
  readonly $schema?: string;
  /** Format of this file. */
  readonly manifest: 1;
  /** Your domain turned round, and a name, in lower case: "org.example.shot-list". */
  readonly id: string;
  /** As semver has it: "1.2.0". */
  readonly version: string;
  /** As artists see it, up to 60 characters. */
  readonly name: string;
  /** What it does, up to 300 characters. */
  readonly summary: string;
  readonly author: string;
  /** SPDX: "MIT". */
  readonly license: string;
  /** Which versions of Retake it is for: ">=0.1 <1". */
  readonly engines: { readonly retake: string };
  /** "data": networks and tables, which Retake runs. "script": text in, text out. "process": a program of its own. */
  readonly tier: 'data' | 'script' | 'process';
  /** The ES module whose default export is a {@link Plugin}; not for the tier "data". */
  readonly main?: string;
  /** What it speaks: "timeline@1", "sampling@1", "frames@1", "farm@1". */
  readonly suites?: readonly string[];
  /** Every file but this one with its digest, "sha256-" and 44 letters. `retake plugin pack` writes it. */
  readonly files?: Readonly<Record<string, string>>;
  /** What it reaches outside itself, for the tier "process"; the artist reads each reason and agrees. */
  readonly permissions?: Permissions;
  readonly contributes: Contributions;
}

/** Each with a reason, which the artist reads before the plugin is installed. */
export interface Permissions {
  /** Servers by name; "*.example.org" is all below example.org. */
  readonly network?: { readonly hosts: readonly string[]; readonly reason: string };
  /** Files that the artist chooses. */
  readonly read?: { readonly reason: string };
  readonly write?: { readonly reason: string };
}

/** What a plugin adds. Ids are short and its own: "shot-list". */
export interface Contributions {
  readonly methods?: readonly MethodManifest[];
  readonly exporters?: readonly ExporterManifest[];
  readonly importers?: readonly ImporterManifest[];
  readonly names?: readonly NameManifest[];
  readonly estimators?: readonly EstimatorManifest[];
  readonly models?: readonly ModelManifest[];
  readonly panels?: readonly PanelManifest[];
  readonly farms?: readonly FarmManifest[];
}

/** An editing method. Tier "process". */
export interface MethodManifest {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  readonly params: ParamsSchema;
  /** At which points of a step it is asked. */
  readonly hooks: readonly ('blend' | 'gather' | 'settle')[];
  /** Whose features a frame sees. */
  readonly attention: 'own' | 'joint' | 'banks';
  /** The same from the same, always. */
  readonly deterministic: boolean;
  /** Solvers that it is right with; all where it says none. */
  readonly solvers?: readonly string[];
  /** Whether all anchors of a shot lead, or its lead anchor alone; the latter where it says nothing. */
  readonly severalAnchors?: boolean;
}

/** A format in the export list. Tiers "script" and "process". */
export interface ExporterManifest {
  readonly id: string;
  readonly label: string;
  /** What programs take it, as an artist calls them. */
  readonly programs: string;
  /** Of its files: ".ale". */
  readonly ending: string;
  readonly params?: ParamsSchema;
}

/** A format that opens as a project. Tiers "script" and "process". */
export interface ImporterManifest {
  readonly id: string;
  readonly label: string;
  readonly endings: readonly string[];
}

/** A word for name patterns of exports. Tier "script". */
export interface NameManifest {
  readonly id: string;
  readonly label: string;
}

/** A network that Retake runs: a folder with its graph and JSON. Any tier. */
export interface EstimatorManifest {
  readonly id: string;
  readonly label: string;
  readonly role: 'depth' | 'flow' | 'segmenter' | 'captioner' | 'image-text' | 'interpolator' | 'upscaler';
  readonly folder: string;
}

/** A model to render with: a folder with a bundle or with a checkpoint. Any tier. */
export interface ModelManifest {
  readonly id: string;
  readonly label: string;
  readonly folder: string;
}

/** A page of its own in the window. Any tier. */
export interface PanelManifest {
  readonly id: string;
  readonly label: string;
  /** Its page: "panel/index.html". */
  readonly entry: string;
  readonly where: 'inspector' | 'bottom';
  /** What it may look at. */
  readonly reads: readonly UiRead[];
  /** What it may have done. */
  readonly commands: readonly (keyof UiCommands)[];
}

/** A scheduler that farm jobs can be given to. Tiers "script" and "process". */
export interface FarmManifest {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  /** What it asks for beside the server's address, all text. "server", "command" and "arguments" are Retake's. */
  readonly settings?: readonly FarmSetting[];
}

export interface FarmSetting {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly default: string;
}

/** What the artist is asked for: the part of JSON Schema that the inspector has fields for. */
export interface ParamsSchema {
  readonly $schema?: string;
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Param>>;
  readonly additionalProperties?: false;
}

export type Param = NumberParam | BooleanParam | TextParam;

export interface NumberParam extends ParamWords {
  readonly type: 'number' | 'integer';
  readonly default: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface BooleanParam extends ParamWords {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface TextParam extends ParamWords {
  readonly type: 'string';
  readonly default: string;
  /** What there is to choose. */
  readonly enum?: readonly string[];
  /** What the choices are called, by choice. */
  readonly names?: Readonly<Record<string, string>>;
}

/** What is said of a field. */
export interface ParamWords {
  /** The artist's word. */
  readonly title?: string;
  /** The paper's. */
  readonly term?: string;
  readonly description?: string;
}

/** What the artist chose, complete with defaults. */
export type Params = Readonly<Record<string, number | boolean | string>>;

// ---------------------------------------------------------------- what a plugin's file exports

/** The default export of `main`: what the manifest promises, by the ids that it gives. */
export interface Plugin {
  readonly exporters?: Readonly<Record<string, Exporter>>;
  readonly importers?: Readonly<Record<string, Importer>>;
  readonly names?: Readonly<Record<string, Name>>;
  readonly methods?: Readonly<Record<string, Method>>;
  readonly farms?: Readonly<Record<string, Farm>>;
}

// ---------------------------------------------------------------- timeline@1

/** Writes a timeline as files. Retake puts them where the artist wants them. */
export interface Exporter {
  write(timeline: Timeline, params: Params): Answer<Written>;
}

/** Reads a file of another program. */
export interface Importer {
  /** @param text of the file @param about its name, and the rate that the artist gives for texts that say none */
  read(text: string, about: { readonly name: string; readonly rate: Exact }): Answer<GivenTimeline>;
}

/** What the word stands for in the name of one file. */
export type Name = (facts: NameFacts) => string;

/** n/d, whole numbers as text: rates of broadcast multiply beyond what numbers hold. Seconds, or frames a second. */
export interface Exact {
  readonly n: string;
  readonly d: string;
}

/** Pictures since 00:00:00:00, and the label that says them: "01:00:00:00", with ";" before the frames where they drop. */
export interface Timecode {
  readonly frames: number;
  readonly drop: boolean;
  readonly label: string;
}

/** A timeline as exporters get it: one track of picture with its sound. No paths: `place` where media lies beside it. */
export interface Timeline {
  readonly name: string;
  /** The name as part of a file's: what an exporter calls its files after. */
  readonly stem: string;
  readonly rate: Exact;
  /** Label of its first frame. */
  readonly start: Timecode;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly media: readonly Media[];
  /** In playing order, without overlap. */
  readonly items: readonly (Clip | Gap)[];
  /** Of the timeline as a whole. */
  readonly markers: readonly Marker[];
}

/** A file that the timeline shows pieces of. */
export interface Media {
  /** Of this timeline only. */
  readonly id: string;
  /** The file's name with its ending; of a sequence of pictures its pattern, "shot.####.png". */
  readonly name: string;
  /** Where it lies below the timeline's own folder, with "/"; null where it lies elsewhere. */
  readonly place: string | null;
  readonly rate: Exact;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Of its first frame; null where it has none and counts from 0. */
  readonly timecode: Timecode | null;
  readonly reel: string | null;
  readonly sound: Sound | null;
}

export interface Sound {
  readonly channels: number;
  readonly sampleRate: number;
}

/** A shot on the timeline. */
export interface Clip {
  readonly kind: 'clip';
  /** The shot's name. */
  readonly name: string;
  /** Frame of the timeline at which it begins, and how many it takes. */
  readonly at: number;
  readonly frames: number;
  /** Labels of the timeline at its first frame, and at the one behind its last. */
  readonly in: string;
  readonly out: string;
  /** The original first, then its takes. */
  readonly sources: readonly Source[];
  /** Of `sources`, the one that is seen and heard. */
  readonly shown: number;
  /** Prompts of the shot as they are now. */
  readonly prompts: Prompts | null;
  readonly note: string;
  readonly markers: readonly Marker[];
}

export interface Gap {
  readonly kind: 'gap';
  readonly at: number;
  readonly frames: number;
}

/** One of the pictures that a clip can show. */
export interface Source {
  /** Id of its media. */
  readonly media: string;
  /** What the artist calls it: the clip's or the take's name. */
  readonly name: string;
  /** Seconds from the first frame of the media at which the clip begins. */
  readonly from: Exact;
  /** Labels of the media's first frame that is seen, and of the one behind the last. */
  readonly in: string;
  readonly out: string;
  /** Null of footage. */
  readonly take: Take | null;
}

/** What was rendered. */
export interface Take {
  readonly prompts: Prompts;
  readonly note: string;
  /** 0 is unrated, to 5. */
  readonly rating: number;
  /** Id of the method, and name of the model, that made it. */
  readonly method: string;
  readonly model: string;
  /** ISO 8601, in UTC. */
  readonly made: string;
}

export interface Prompts {
  readonly source: string;
  readonly target: string;
  readonly negative: string;
}

export type MarkerColour = 'red' | 'orange' | 'yellow' | 'green' | 'blue' | 'purple';

export interface Marker {
  /** Frames of the timeline from the beginning of what it is on. */
  readonly at: number;
  readonly name: string;
  readonly note: string;
  readonly colour: MarkerColour | null;
}

/** What an exporter gives. */
export interface Written {
  readonly files: readonly WrittenFile[];
  /** What could not be kept, a line each, for the artist. */
  readonly losses?: readonly string[];
}

/** `path` is a name, or a place below the export's folder with "/". */
export type WrittenFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly bytes: Uint8Array };

/** What an importer gives: what a text does not say is left out. */
export interface GivenTimeline {
  readonly name?: string;
  readonly rate: Exact;
  /** "01:00:00:00", or how many pictures since 00:00:00:00. */
  readonly start?: GivenTimecode;
  readonly width?: number;
  readonly height?: number;
  readonly media: readonly GivenMedia[];
  readonly items: readonly (GivenClip | GivenGap)[];
  readonly markers?: readonly GivenMarker[];
  /** What of the text could not be kept, a line each. */
  readonly losses?: readonly string[];
}

export type GivenTimecode = string | { readonly frames: number; readonly drop: boolean };

export interface GivenMedia {
  readonly id: string;
  readonly name: string;
  /** Where the text says that it lies, below the timeline's folder or in whole; null where it does not say. */
  readonly place?: string | null;
  readonly rate?: Exact;
  readonly frames?: number;
  readonly width?: number;
  readonly height?: number;
  readonly timecode?: GivenTimecode | null;
  readonly reel?: string | null;
  readonly sound?: Sound | null;
}

export interface GivenClip {
  readonly kind: 'clip';
  readonly name?: string;
  readonly frames: number;
  readonly sources: readonly GivenSource[];
  readonly shown?: number;
  readonly note?: string;
  readonly markers?: readonly GivenMarker[];
}

export interface GivenGap {
  readonly kind: 'gap';
  readonly frames: number;
}

/** Either `from` or `in`; `from` counts where both are. */
export interface GivenSource {
  readonly media: string;
  readonly name?: string;
  readonly from?: Exact;
  readonly in?: string;
}

export interface GivenMarker {
  readonly at: number;
  readonly name?: string;
  readonly note?: string;
  readonly colour?: MarkerColour | null;
}

/** What a name can be made of; a text is empty where there is none. */
export interface NameFacts {
  readonly project: string;
  readonly shot: string;
  readonly take: string;
  readonly clip: string;
  /** "001", in the order of the files. */
  readonly n: string;
  /** "2026-01-31" */
  readonly date: string;
  /** "01-00-00-00" */
  readonly timecode: string;
  readonly prompts: Prompts;
  readonly note: string;
  readonly rating: number;
}

// ---------------------------------------------------------------- sampling@1 and frames@1

/**
 * An editing method: what it needs and how a shot runs is plain data, asked once and checked before the first frame; in the
 * steps that it names it is then shown latents and answers with others. A hook is a function of what it is shown: what it
 * remembers is lost when an edit goes on another day.
 *
 * Frames count from 0 within the shot, steps from 0 within the run. Latents are float32, (channels, height, width).
 */
export interface Method {
  /** What is made before the first step, with these parameters. */
  needs(params: Params): Answer<readonly Need[]>;
  /** How a shot runs: almost always one run. */
  runs(shot: Shot, params: Params): Answer<readonly Run[]>;
  /** The predicted clean latent of one frame to step with instead of the network's; null leaves it as it is. */
  blend?(seen: Seen, params: Params): Answer<Float32Array | Picture | null | undefined>;
  /** The same for all frames of the run at once, in steps that wait for them; frames that are left out stay. */
  gather?(step: Gathered, params: Params): Answer<readonly GatheredFrame[] | null | undefined>;
  /** The latent of one frame after the solver's step, which is `next`; null leaves it as it is. */
  settle?(seen: Settled, params: Params): Answer<Float32Array | null | undefined>;
}

/** `seed`: it picks by chance, so that another seed is another take. `pictures` want the suite frames@1. */
export type Need = 'inversion' | 'clean' | 'trajectory' | 'flow' | 'mask' | 'pictures' | 'seed';

/** What a hook is shown beside what it always is; `latent` and `result` need nothing, the others what is called alike. */
export type Shown = 'latent' | 'result' | 'inversion' | 'clean' | 'trajectory' | 'flow' | 'mask' | 'pictures';

/** The shot that is to be edited. The size of the picture is not among it: how a shot runs is the same at every size. */
export interface Shot {
  readonly frames: number;
  /** The frame whose look leads. */
  readonly anchor: number;
  /** All frames that lead, ascending, the one above among them. */
  readonly anchors: readonly number[];
  /** Null for methods that do not need it. */
  readonly seed: number | null;
  /** Whether the network is told something of each frame: its depth, or what is around the mask. */
  readonly structured: boolean;
  /** One a step, the noisiest first. */
  readonly levels: readonly Level[];
  /** What latents on their way are: with √ᾱ of the picture (vp), or all of it (ve). */
  readonly form: 'vp' | 've';
}

/** Of noise: training timestep, share of the picture in the latent's variance, and noise by what is left of the picture. */
export interface Level {
  readonly timestep: number;
  readonly alphaBar: number;
  readonly sigma: number;
}

/** One descent from noise to clean of some of the shot's frames. */
export interface Run {
  readonly frames: readonly number[];
  readonly start: Start;
  /** Every frame once, the same in every step; by default each by itself. */
  readonly passes?: readonly Pass[];
  /** The same, a list for every step. */
  readonly passesByStep?: readonly (readonly Pass[])[];
  readonly blend?: Hook;
  readonly gather?: Hook;
  readonly settle?: Hook;
  /** Whether what `gather` changed takes the latent along, with the noise as it was predicted. */
  readonly keepsNoise?: boolean;
  /** In this step hooks of this frame are shown that frame as an earlier run left it after so many of its steps. */
  readonly recalls?: readonly RunRecall[];
  /** Frames beyond those of the shot, which stand for one of them beside it and are no result. */
  readonly standsFor?: readonly StandIn[];
  /** What the artist may choose where frames that go together do not fit into memory: a sentence. */
  readonly fewer?: string;
}

/** Where frames begin, under seeded noise that is each frame's own or the same for all. */
export type Start =
  /** The noise that they come from, over all steps. */
  | { readonly from: 'inversion' }
  /** The clip, noised part of the way: the last steps, as many as the strength is of all. */
  | { readonly from: 'clip'; readonly strength: number; readonly noise: 'own' | 'shared' }
  /** Noise alone, over all steps. */
  | { readonly from: 'noise'; readonly noise: 'own' | 'shared' }
  /** What an earlier run made, noised part of the way; `of`: whose result each begins from, in the order of the run's frames. */
  | {
      readonly from: 'result';
      readonly strength: number;
      readonly noise: 'own' | 'shared';
      readonly of?: readonly number[];
    };

/** Frames that go through the network together or one by one. */
export interface Pass {
  readonly frames: readonly number[];
  /** What they look at: themselves, each other, or frames of earlier passes of the step, in this order. */
  readonly keys?: 'own' | 'joint' | readonly number[];
  /** At themselves too, after the named ones. */
  readonly self?: boolean;
  /** Frames of earlier passes of the step that hooks are shown. */
  readonly reads?: readonly number[];
}

/** When a hook is called, and what it is shown. */
export interface Hook {
  readonly steps?: 'all' | readonly number[];
  readonly shows?: readonly Shown[];
}

export interface RunRecall {
  readonly by: number;
  readonly step: number;
  readonly frame: number;
  readonly level: number;
}

export interface StandIn {
  readonly frame: number;
  readonly as: number;
}

/** Where a hook is called. */
export interface Place {
  readonly step: number;
  /** How many the run has. */
  readonly steps: number;
  readonly run: number;
  readonly form: 'vp' | 've';
  readonly from: Level;
  readonly to: Level;
  readonly shape: { readonly channels: number; readonly height: number; readonly width: number };
}

/** One frame; what was not asked for is not there. */
export interface FrameShown {
  readonly frame: number;
  /** As the network predicts it without noise, after guidance. */
  readonly denoised: Float32Array;
  /** Before the step. */
  readonly latent?: Float32Array;
  /** What an earlier run made of it. */
  readonly result?: Float32Array;
  readonly inversion?: Float32Array;
  /** The clip's own. */
  readonly clean?: Float32Array;
  /** The clip's own where the step ends. */
  readonly trajectory?: Float32Array;
  /** To the frames that are read; in `gather` to the frames before and after it. */
  readonly flow?: readonly Motion[];
  /** (height, width): 1 where the artist wants the edit. */
  readonly mask?: Float32Array;
  /** Of what the network predicts. */
  readonly picture?: Picture;
}

/** Where the picture of one frame stands in another, (height, width): latent pixels right and down, hidden 0 or 1, how sure 0..1. */
export interface Motion {
  readonly to: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly hidden: Float32Array;
  readonly confidence: Float32Array;
}

/** frames@1: RGB, 8 bits, (height, width, 3), of the canvas that the model sees. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A frame that the pass reads: `used` is its prediction as it was blended, `next` its latent after the step, where it has gone on. */
export interface Read extends FrameShown {
  readonly used: Float32Array;
  readonly next: Float32Array | null;
}

/** A frame as an earlier run left it. */
export interface Recalled {
  readonly frame: number;
  readonly level: number;
  readonly latent: Float32Array;
}

/** What `blend` is shown. */
export interface Seen extends Place, FrameShown {
  readonly reads: readonly Read[];
  readonly recalled: readonly Recalled[];
}

/** What `settle` is shown. */
export interface Settled extends Seen {
  readonly next: Float32Array;
}

/** What `gather` is shown. */
export interface Gathered extends Place {
  readonly frames: readonly FrameShown[];
}

export interface GatheredFrame {
  readonly frame: number;
  readonly denoised: Float32Array | Picture;
}

// ---------------------------------------------------------------- farm@1

/**
 * Gives the tasks of a farm job to a scheduler. It reaches nothing itself: it says what the server is to be asked, and is then asked the
 * same again with all answers so far, until it does not ask any more; fifty questions at most. Retake asks at the address
 * that the artist gave and nowhere else. What it cannot do, it throws in words.
 */
export interface Farm {
  /** Gives it the tasks that it has not got yet: a job may be submitted again at any time. */
  submit(
    job: FarmTasks,
    settings: FarmSettings,
    answers: readonly ServerAnswer[],
  ): Answer<ServerQuestion | { readonly ids: FarmIds }>;
  /** What the scheduler says; `tasks` of the job are all that it has. */
  status(
    job: FarmTasks,
    ids: FarmIds,
    settings: FarmSettings,
    answers: readonly ServerAnswer[],
  ): Answer<ServerQuestion | FarmState>;
  /** What has ended already is no fault. */
  cancel(
    job: FarmTasks,
    ids: FarmIds,
    settings: FarmSettings,
    answers: readonly ServerAnswer[],
  ): Answer<ServerQuestion | { readonly done: true }>;
}

export interface FarmTasks {
  /** The same for whoever asks about it. */
  readonly id: string;
  readonly name: string;
  /** Where it lies on this machine. */
  readonly folder: string;
  /** In `submit` all that is not whole yet: each step begins when the one before has ended. */
  readonly tasks: readonly FarmTask[];
}

export interface FarmTask {
  /** Of this job only: "render-3", "invert-12-16". */
  readonly name: string;
  /** In the order in which they run. */
  readonly step: FarmStep;
  /** First and last number of its step that it takes, both included. */
  readonly first: number;
  readonly last: number;
  /** A program and its arguments, as the machines run them. Ends with 75 where another attempt may do better, with 65 where none does. */
  readonly words: readonly string[];
}

export type FarmStep = 'invert' | 'render' | 'assemble';

/** What the artist gave, complete with defaults. */
export type FarmSettings = Readonly<Record<string, string>>;

/** What the scheduler calls its jobs, by step. */
export type FarmIds = Readonly<Partial<Record<FarmStep, readonly string[]>>>;

/** What the server is to be asked. */
export interface ServerQuestion {
  readonly ask: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** Below the server's address: "/api/jobs?limit=10". */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
}

/** Redirects are answers like any other. */
export interface ServerAnswer {
  readonly status: number;
  readonly body: string;
}

export interface FarmState {
  /** Unknown: the scheduler has forgotten it. */
  readonly state: 'waiting' | 'running' | 'ended' | 'unknown';
  /** One line, for people. */
  readonly words?: string;
  readonly tasks: readonly FarmTaskState[];
}

export interface FarmTaskState {
  readonly step: FarmStep;
  readonly first: number;
  readonly last: number;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** The machine that it runs on. */
  readonly host?: string | null;
  /** Why it waits or has failed. */
  readonly why?: string;
}

// ---------------------------------------------------------------- ui@1, for the page of a panel

/** What a panel may look at, where its manifest says so. No path of a file is ever among it. */
export type UiRead = 'project' | 'timeline' | 'shot' | 'takes' | 'frame';

/** What each read answers; null where there is none. Timeline frames count from 0, those of a shot are its clip's; ranges are half-open. */
export interface UiValues {
  readonly project: UiProject;
  readonly timeline: UiTimeline;
  /** The shot in hand. */
  readonly shot: UiShot | null;
  /** Of the shot in hand, newest first. */
  readonly takes: readonly UiTake[];
  /** Pixels under the playhead, of the take or the clip that the timeline shows there, made smaller. */
  readonly frame: UiFrame | null;
}

export interface UiProject {
  readonly name: string;
  readonly rate: { readonly num: number; readonly den: number };
  readonly shots: number;
  readonly length: number;
}

export interface UiTimeline {
  readonly rate: { readonly num: number; readonly den: number };
  readonly length: number;
  readonly playhead: number;
  readonly in: number | null;
  readonly out: number | null;
  readonly items: readonly UiItem[];
  readonly markers: readonly UiMarker[];
}

export interface UiItem {
  readonly kind: 'shot' | 'gap';
  readonly id: string;
  /** Of a gap it is empty. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly chosen: boolean;
}

export interface UiMarker {
  readonly id: string;
  readonly frame: number;
  readonly name: string;
  readonly note: string;
  readonly colour: string;
}

/** Values by path, "sampling.steps". */
export type UiSettings = Readonly<Record<string, string | number | boolean | null>>;

export interface UiShot {
  readonly id: string;
  readonly name: string;
  /** Name of its clip. */
  readonly clip: string;
  readonly start: number;
  readonly end: number;
  /** On the timeline. */
  readonly from: number;
  readonly to: number;
  readonly anchors: readonly number[];
  readonly leadAnchor: number;
  /** Id of the take that is shown; null shows the clip. */
  readonly take: string | null;
  readonly settings: UiSettings;
}

export interface UiTake {
  readonly id: string;
  readonly name: string;
  readonly rating: number;
  readonly note: string;
  readonly start: number;
  readonly end: number;
  readonly shown: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** It took to render. */
  readonly seconds: number;
  readonly settings: UiSettings;
}

export interface UiFrame {
  readonly shot: string;
  /** Of the clip. */
  readonly frame: number;
  readonly of: 'clip' | 'take';
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly pixels: Uint8ClampedArray;
}

/** What a panel may have done, where its manifest says so, and what each takes. What changes the project is asked of the artist first. */
export interface UiCommands {
  readonly seek: { readonly frame: number };
  readonly 'select-shot': { readonly shot: string };
  /** Only right after the artist clicked. */
  readonly copy: { readonly text: string };
  readonly 'add-to-prompt': { readonly words: string };
  /** By its path, "sampling.steps"; of the shot in hand. Those that name files are not given away. */
  readonly 'set-setting': { readonly setting: string; readonly value: string | number | boolean | null };
  readonly 'add-marker': { readonly frame: number; readonly name?: string; readonly note?: string };
  /** Null shows the clip. */
  readonly 'show-take': { readonly take: string | null };
}

/** First of all that the window says. */
export interface PanelHello {
  readonly suite: 'ui@1';
  /** As the manifest calls it. */
  readonly panel: string;
  /** BCP 47. */
  readonly language: string;
  /** Colours and measures of the window, by name: "text", "selection". `panel.js` sets them as custom properties: var(--text). */
  readonly theme: Readonly<Record<string, string>>;
  readonly reads: readonly UiRead[];
  readonly commands: readonly (keyof UiCommands)[];
}

/** What `panel.js` gives a panel's page, as the global `retake`. */
export interface PanelHelper {
  readonly hello: Promise<PanelHello>;
  /** @param edge pixels of the longer edge of what `frame` gives, 16 to 512 */
  read<What extends UiRead>(what: What, edge?: number): Promise<UiValues[What]>;
  /** Tells whenever one of these is another. */
  watch(what: readonly UiRead[], tell: () => void): void;
  /** Refused with a line that says why where the manifest does not name it, or the artist does not agree. */
  run<Command extends keyof UiCommands>(command: Command, input: UiCommands[Command]): Promise<unknown>;
}
