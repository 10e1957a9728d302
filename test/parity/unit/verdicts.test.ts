import { describe, expect, test } from 'vitest';
import type { Answer } from '../compare.js';
import type { Step } from '../grammar.js';
import type { Exchange } from '../replay.js';
import { showAll, totals, unneededLabels } from '../show.js';
import { judge } from '../verdicts.js';

const answer = (status: number, body = '{}', headers: Answer['headers'] = { allow: ['GET'] }): Answer => ({
  status,
  body,
  headers,
});

function exchange(cvat: Answer, ours: Answer, labels?: readonly string[]): Exchange {
  const step: Step = {
    method: 'GET',
    path: '/api/users',
    expect: cvat,
    ...(labels === undefined ? {} : { labels }),
  };
  return { golden: { id: 'abc', group: 'list', steps: [step] }, index: 0, step, cvat, ours };
}

const FAILED = answer(500, '<p>', {});
const BAD_INPUT = ['deviation 3 500->400'];

describe('a request', () => {
  test('differs when nothing explains it', () => {
    expect(judge(exchange(answer(200), answer(404)))).toMatchObject({
      kind: 'differs',
      differences: [{ what: 'status', cvat: '200', ours: '404' }],
    });
  });

  test('deviates when it answers what the row of its label says', () => {
    const verdict = judge(exchange(FAILED, answer(400), BAD_INPUT));
    expect(verdict).toMatchObject({ kind: 'deviates', rows: new Set([3]) });
  });

  test('differs when it answers something else than the row of its label', () => {
    expect(judge(exchange(FAILED, answer(404), BAD_INPUT)).kind).toBe('differs');
    expect(judge(exchange(FAILED, answer(400, '<p>'), BAD_INPUT)).kind).toBe('differs');
    expect(judge(exchange(answer(200), answer(400), BAD_INPUT)).kind).toBe('differs');
  });

  test('differs in what its label does not speak of', () => {
    const cvat = answer(200, '{"description":"a","name":"b"}');
    const ours = answer(200, '{"description":"c","name":"d"}');
    expect(judge(exchange(cvat, ours, ['own text: about.description']))).toMatchObject({
      kind: 'differs',
      differences: [{ what: 'body .name' }],
    });
  });

  test('is the same whatever its label, and told so', () => {
    const verdict = judge(exchange(answer(400), answer(400), BAD_INPUT));
    expect(verdict.kind).toBe('same');
    expect(unneededLabels([verdict])).toBe('1 the same, although labelled "deviation 3 500->400".\n');
  });

  test('is not compared when it is of a page or of another route', () => {
    expect(judge(exchange(answer(200), answer(404), ['not compared: html page'])).kind).toBe('not compared');
  });
});

describe('what a person reads', () => {
  test('is the request, both answers, and what differs', () => {
    const verdict = judge(exchange(answer(200, '{"a":1}'), answer(200, '{"a":2}')));
    const text = verdict.kind === 'differs' ? showAll([verdict]) : '';
    expect(text).toContain('abc (list), request 1 of 1\n  GET /api/users\n');
    expect(text).toContain('CVAT answers\n  200\n  allow: GET\n  {"a":1}\nhere\n  200\n');
    expect(text).toContain('what differs\n  body .a\n    CVAT: 1\n    here: 2');
  });

  test('is how many cases came out how, each for what is worst in it', () => {
    const same = judge(exchange(answer(200), answer(200)));
    const differing = judge(exchange(answer(200), answer(404)));
    expect(totals([same, differing])).toMatch(/^1 cases of CVAT: 0 answered the same, .* 1 differ\.$/);
  });
});
