/** What is wrong with a setting, in plain words: "must be 1 or more". */
import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  object: 'an object',
  array: 'a list',
  null: 'nothing',
};

export function issueText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string')
        return issue.minimum === 1 ? 'is empty' : `must have ${issue.minimum} characters or more`;
      if (issue.origin === 'array') return `must have ${issue.minimum} or more`;
      return issue.inclusive === false
        ? `must be more than ${issue.minimum}`
        : `must be ${issue.minimum} or more`;
    case 'too_big':
      if (issue.origin === 'string') return `must have ${issue.maximum} characters or fewer`;
      if (issue.origin === 'array') return `must have ${issue.maximum} or fewer`;
      return `must be ${issue.maximum} or less`;
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${issue.values
        .map(String)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`;
    case 'unrecognized_keys':
      return `there is no setting ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    default:
      return issue.message;
  }
}
