/** The templates' own library in Python (openjd-model-for-python), where RETAKE_OPENJD_MODEL names the folder that holds it. */
import { spawnSync } from 'node:child_process';

export const OPENJD_MODEL = process.env.RETAKE_OPENJD_MODEL;

const PROGRAM = `
import json, sys
sys.path.insert(0, sys.argv[1])
from openjd.model import DecodeValidationError, decode_job_template
answers = []
for template in json.load(sys.stdin):
    try:
        decode_job_template(template=template)
        answers.append(None)
    except DecodeValidationError as error:
        answers.append(str(error))
    except TypeError as error:
        # It stumbles over its own message about a fraction.
        answers.append(str(error))
json.dump(answers, sys.stdout)
`;

/** For each template what is wrong with it; null where nothing is. It knows no extensions. */
export function askModel(templates: readonly unknown[]): (string | null)[] {
  const asked = { input: JSON.stringify(templates), encoding: 'utf8' as const };
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', PROGRAM, OPENJD_MODEL!], asked);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
