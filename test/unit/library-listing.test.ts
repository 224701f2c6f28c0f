import { expect, test } from 'vitest';
import { nextPage } from '../../src/main/engine/library/repository.ts';

test('the next page of a listing is found among other links', () => {
  const from = 'https://models.example/api/x?recursive=true';
  expect(nextPage('<https://models.example/api/x?cursor=2>; rel="next"', from)).toMatch(/cursor=2$/);
  expect(nextPage('</a>; rel="prev", </b?c=1>; rel="next"', from)).toBe('https://models.example/b?c=1');
  expect(nextPage('</a>; rel="prev"', from)).toBeNull();
  expect(nextPage(null, from)).toBeNull();
});
