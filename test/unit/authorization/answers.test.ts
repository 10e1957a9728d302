import { describe, expect, it } from 'vitest';
import { readAllow, readFilter, readPlugin } from '../../../src/authorization/engines/answers.js';

const LOOKALIKES: readonly unknown[] = [
  'true',
  'yes',
  1,
  null,
  undefined,
  [],
  [true],
  {},
  { result: true },
  { allow: 'true' },
  { allow: 1 },
  { allow: null },
  { reasons: [] },
  { allow: true, reasons: 'none' },
  { allow: true, reasons: null },
  { allow: true, reasons: [], deny: true },
  { Allow: true },
  [{ allow: true }],
];

describe('readAllow', () => {
  it.each([true, false])('takes %s as it is', (answer) => {
    expect(readAllow(answer)).toBe(answer);
  });

  it.each([true, false])("takes CVAT's object with allow: %s, with and without reasons", (answer) => {
    expect(readAllow({ allow: answer })).toBe(answer);
    expect(readAllow({ allow: answer, reasons: ['because'] })).toBe(answer);
  });

  it.each(LOOKALIKES.map((answer) => [answer]))('takes nothing else for a decision: %j', (answer) => {
    expect(() => readAllow(answer)).toThrow(expect.objectContaining({ status: 503, code: 'opa_bad_answer' }));
  });

  it('does not take an inherited allow', () => {
    expect(() => readAllow(Object.create({ allow: true }))).toThrow(
      expect.objectContaining({ code: 'opa_bad_answer' }),
    );
  });
});

describe('readFilter', () => {
  it.each([[{}], [{ id: 7 }], [['|', { owner: 7 }, { membership__user: 7 }]]])(
    'takes an expression: %j',
    (answer) => {
      expect(readFilter(answer)).toBe(answer);
    },
  );

  it.each([true, false, null, undefined, 'org_filter_proof', 7])(
    'refuses what is no expression: %j',
    (answer) => {
      expect(() => readFilter(answer)).toThrow(
        expect.objectContaining({ status: 503, code: 'opa_bad_answer' }),
      );
    },
  );
});

describe('readPlugin', () => {
  it.each([
    [true, 'allowed'],
    [false, 'denied'],
    [{ allow: true, reasons: [] }, 'allowed'],
    ['no_plugin', 'absent'],
  ])('reads %j as %s', (answer, meaning) => {
    expect(readPlugin(answer)).toBe(meaning);
  });

  it('does not read an undefined answer of a plugin as the absence of one', () => {
    expect(() => readPlugin(null)).toThrow(expect.objectContaining({ code: 'opa_bad_answer' }));
  });
});
