/** All editing methods. A new one of Retake is one file, and its import and name here. */
import { z } from 'zod';
import { AppError, assert } from '../../../common/errors.ts';
import { issueText } from '../../../common/issue.ts';
import { BUILT_IN } from '../../../common/plugins/built-in.ts';
import { Registry } from '../../../common/plugins/registry.ts';
import { missedOf } from '../../../common/plugins/resting.ts';
import { solvers } from '../diffusion/solvers/registry.ts';
import type { Solver } from '../diffusion/solvers/solver.ts';
import { controlVideo } from './controlvideo.ts';
import { guided } from './guided.ts';
import { wantsInversion } from './have.ts';
import { img2img } from './img2img.ts';
import { mix } from './mix.ts';
import { pix2video } from './pix2video.ts';
import { reconstructionGuidance } from './reconstruction-guidance.ts';
import { sdedit } from './sdedit.ts';
import { text2VideoZero } from './text2video-zero.ts';
import { tuneAVideo } from './tune-a-video.ts';
import { twoStages } from './two-stages.ts';
import type { AttentionUse, Method } from './types.ts';
import { vidRd } from './vidrd.ts';

/** Those of Retake, in the order in which artists are shown them. */
const ofRetake: readonly Method[] = [
  pix2video,
  mix,
  twoStages,
  controlVideo,
  tuneAVideo,
  vidRd,
  sdedit,
  guided,
  text2VideoZero,
  img2img,
  reconstructionGuidance,
];

/** All there are: those of plugins come after, as they are contributed. */
export const methods = new Registry<Method>('method');
for (const method of ofRetake) methods.contribute(BUILT_IN.methods, method);

/** The method of this id, or AppError: plugin-missing where its plugin is not there, else usage naming those there are. */
export function getMethod(id: string): Method {
  const found = methods.find(id);
  if (found) return found;
  const doing = 'choosing the method';
  const missed = missedOf('method', id, doing);
  if (missed) throw missed;
  throw new AppError('usage', `there is no method "${id}"`, {
    doing,
    hint: `Choose one of ${methods.list.map((method) => method.id).join(', ')}.`,
  });
}

/** JSON Schema of what a method takes, with defaults and descriptions: forms and help are made from it. */
export function paramsSchema(method: Method) {
  return z.toJSONSchema(method.schema, { io: 'input' });
}

/** Checks and completes a method's parameters; AppError usage names the first that is wrong. */
export function parseParams<P>(method: Method<P>, params: unknown): P {
  const result = method.schema.safeParse(params);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const where = issue.path.length > 0 ? `"${issue.path.join('.')}" ` : '';
  throw new AppError('usage', `${where}${issueText(issue)}`, {
    doing: `reading the settings of ${method.label}`,
    hint: `It takes ${Object.keys(paramsSchema(method).properties ?? {}).join(', ')}.`,
  });
}

/** How the network is to be prepared. */
export function attentionFor(method: Method, params: unknown, anchors: number): AttentionUse {
  return { sites: method.sites, joint: method.joint ?? false, ...method.attends?.(params, anchors) };
}

/** Solvers with which a method is right, its default first. */
export function solversOf(method: Method): readonly Solver[] {
  if (!method.solvers) return solvers;
  return method.solvers.flatMap((id) => solvers.filter((solver) => solver.id === id));
}

/** Methods that run with a solver that cannot invert, as an artist would write them. */
function startingFromNoise(solver: Solver): readonly string[] {
  // Those of plugins would have to be asked.
  const suited = methods.list.filter((method) => !method.plugin && solversOf(method).includes(solver));
  const inverts = (method: Method, input: unknown) =>
    wantsInversion(method.needs(parseParams(method, input)));
  return suited.filter((method) => !inverts(method, {})).map(named);
}

/** As the desktop calls it, and as the command line does where that is another word: "DPM++ 2M (dpmpp_2m)". */
function named({ id, label }: { readonly id: string; readonly label: string }): string {
  return label.toLowerCase() === id ? label : `${label} (${id})`;
}

/** The solver to run a method with; AppError usage where the wished one is not right for it. */
export function solverFor(method: Method, params: unknown, wished: Solver | null): Solver {
  const doing = 'choosing the solver';
  const right = solversOf(method);
  const solver = wished ?? right[0];
  assert(solver, 'a method names solvers that there are');
  const names = (list: readonly Solver[]) => `Use ${list.map(named).join(' or ')}.`;
  if (!right.includes(solver)) {
    throw new AppError('usage', `${method.label} does not run with the solver ${solver.id}`, {
      doing,
      hint: names(right),
    });
  }
  if (wantsInversion(method.needs(params)) && !solver.inversion) {
    throw new AppError(
      'usage',
      `${solver.label} adds noise in every step, so it cannot start from an inversion`,
      {
        doing,
        hint: `${names(right.filter(({ inversion }) => inversion))} Or choose a method that starts from noise: ${startingFromNoise(solver).join(' or ')}.`,
      },
    );
  }
  return solver;
}
