import { describe, expect, it } from 'vitest';
import { readAllow, readFilter, readPlugins } from '../../../src/authorization/engines/answers.js';

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

describe('readPlugins', () => {
  it.each([
    [[], []],
    [[true], [true]],
    [
      [{ allow: true, reasons: [] }, false],
      [true, false],
    ],
  ])('reads what each plugin says: %j', (answer, verdicts) => {
    expect(readPlugins(answer)).toEqual(verdicts);
  });

  it.each([null, true, 'no_plugin', {}, [null], [true, null], [[true]], ['true'], [{}]])(
    'does not take %j for a yes, nor for the absence of a plugin',
    (answer) => {
      expect(() => readPlugins(answer)).toThrow(expect.objectContaining({ code: 'opa_bad_answer' }));
    },
  );
});
