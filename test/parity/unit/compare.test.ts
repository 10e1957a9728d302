import { describe, expect, test } from 'vitest';
import { type Answer, answerOfCvat, compare } from '../compare.js';
import { createMasks } from '../masks.js';

const answer = (body: string, more: Partial<Answer> = {}): Answer => ({
  status: 200,
  headers: {},
  body,
  ...more,
});
const whats = (cvat: Answer, ours: Answer) => compare(cvat, ours).map(({ what }) => what);

describe('comparing two answers', () => {
  test('finds nothing in equal ones', () => {
    expect(compare(answer('{"a":1}'), answer('{"a":1}'))).toEqual([]);
  });

  test('tells status, headers and the place in the body', () => {
    const ours = answer('{"a":[{"b":2}]}', { status: 404, headers: { vary: ['Accept'] } });
    expect(compare(answer('{"a":[{"b":1}]}'), ours)).toEqual([
      { what: 'status', cvat: '200', ours: '404' },
      { what: 'header vary', cvat: '(none)', ours: 'Accept' },
      { what: 'body .a[].b', cvat: '1', ours: '2' },
    ]);
  });

  test('tells a missing and a surplus key', () => {
    expect(whats(answer('{"a":1}'), answer('{"b":1}'))).toEqual(['body .a', 'body .b']);
  });

  test('tells that keys stand in another order, and that spaces differ', () => {
    expect(whats(answer('{"a":1,"b":2}'), answer('{"b":2,"a":1}'))).toEqual(['body, spelling']);
    expect(whats(answer('{"a":1}'), answer('{"a": 1}'))).toEqual(['body, spelling']);
  });

  test('does not take a list for an object, or text for JSON', () => {
    expect(whats(answer('{"0":1}'), answer('[1]'))).toEqual(['body']);
    expect(whats(answer('<p>'), answer('{}'))).toEqual(['body']);
    expect(whats(answer('"a"'), answer('"b"'))).toEqual(['body']);
  });
});

describe('an answer of CVAT', () => {
  const masks = createMasks('');
  const context = { host: 'localhost:1', captured: new Map<string, string>() };

  test('has the four constant headers, but for those that it lacks', () => {
    const expected = { status: 301, headers: { vary: ['Origin'] }, body: '', without: ['x-frame-options'] };
    expect(Object.keys(answerOfCvat(expected, masks, context).headers).sort()).toEqual([
      'cross-origin-opener-policy',
      'referrer-policy',
      'vary',
      'x-content-type-options',
    ]);
  });
});
