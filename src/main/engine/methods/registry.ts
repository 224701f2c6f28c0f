/** All editing methods. A new one is one file and one line here. */
import { z } from 'zod';
import { AppError } from '../../../common/errors.ts';
import { issueText } from '../../../common/issue.ts';
import type { SolverId } from '../diffusion/schedule.ts';
import { img2img } from './img2img.ts';
import { mix } from './mix.ts';
import { pix2video } from './pix2video.ts';
import { sdedit } from './sdedit.ts';
import type { Method } from './types.ts';

export const methods: readonly Method[] = [pix2video, mix, sdedit, img2img];

/** The method of this id, or AppError usage naming those there are. */
export function getMethod(id: string): Method {
  const found = methods.find((method) => method.id === id);
  if (found) return found;
  throw new AppError('usage', `there is no method "${id}"`, {
    doing: 'choosing the method',
    hint: `Choose one of ${methods.map((method) => method.id).join(', ')}.`,
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

/** The solver to run a method with; AppError usage where the wished one is not right for it. */
export function solverFor(method: Method, wished: SolverId | null): SolverId {
  if (wished === null) return method.solvers[0]!;
  if (method.solvers.includes(wished)) return wished;
  throw new AppError('usage', `${method.label} does not run with the solver ${wished}`, {
    doing: 'choosing the solver',
    hint: `Use ${method.solvers.join(' or ')}.`,
  });
}
