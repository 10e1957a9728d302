import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ApiError } from '../../../../src/kernel/errors.js';
import { idOf } from '../../../../src/platform/http/objects.js';
import { checkFields } from '../../../../src/platform/http/validate.js';
import { choiceField, jsonField, namesField } from '../../../../src/platform/http/value-fields.js';
import { parseJson } from '../../../../src/platform/values/json.js';

const read = (field: z.ZodType, value: unknown) => {
  const { values, errors } = checkFields(z.object({ field }), value === undefined ? {} : { field: value });
  return errors['field'] ?? { value: (values as { field?: unknown }).field };
};

describe('a choice', () => {
  const field = choiceField(['worker', '5']);

  it.each([
    ['worker', { value: 'worker' }],
    [5, { value: '5' }],
    [parseJson('5.0'), ['"5.0" is not a valid choice.']],
    [[parseJson('1e5')], ['"[100000.0]" is not a valid choice.']],
    ['Worker', ['"Worker" is not a valid choice.']],
    ['', ['"" is not a valid choice.']],
    [true, ['"True" is not a valid choice.']],
    [[], ['"[]" is not a valid choice.']],
    [{ a: null }, ['"{\'a\': None}" is not a valid choice.']],
    [null, ['This field may not be null.']],
    [undefined, ['This field is required.']],
  ])('%#', (value, expected) => {
    expect(read(field, value)).toEqual(expected);
  });
});

describe('JSON', () => {
  it('is taken as it is, if the database can hold it', () => {
    const storable = fc
      .jsonValue({ stringUnit: 'binary-ascii' })
      .filter((value) => !JSON.stringify(value).includes('\\u0000'));
    fc.assert(
      fc.property(storable, (value) => {
        expect(read(jsonField(), value)).toEqual(
          value === null ? ['This field may not be null.'] : { value },
        );
      }),
    );
  });

  it.each([
    ['\0'],
    [['a', { b: '\0' }]],
    [{ '\0': 1 }],
    ['\ud800'],
    [{ a: ['\udfff'] }],
    [parseJson('1e999')],
    [{ a: [parseJson('-1e999')] }],
  ])('is refused where it can not: %#', (value) => {
    expect(read(jsonField(), value)).toEqual(['Value must be valid JSON.']);
  });
});

describe('names', () => {
  it.each([
    [[], { value: [] }],
    [['a', 5, null], { value: ['a', '5', 'None'] }],
    ['a', ['Expected a list of items but got type "str".']],
    [{ a: 1 }, { value: ['a'] }],
    [parseJson('1.0'), ['Expected a list of items but got type "float".']],
    [1, ['Expected a list of items but got type "int".']],
    [null, ['This field may not be null.']],
    [undefined, ['This field is required.']],
  ])('%#', (value, expected) => {
    expect(read(namesField(), value)).toEqual(expected);
  });
});

describe('the id of a path', () => {
  const detailOf = (text: string): unknown => {
    try {
      return idOf(text, 'Thing');
    } catch (error) {
      return error instanceof ApiError ? error.body : error;
    }
  };

  it('is any number that a row can have, in the spellings of Python', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2_147_483_647 }), (id) => {
        expect([detailOf(String(id)), detailOf(`+0${id}`), detailOf(` ${id} `)]).toEqual([id, id, id]);
      }),
    );
  });

  it('of no row is missing with the name of the model, anything else without', () => {
    for (const text of ['-1', '2147483648', '9'.repeat(400)]) {
      expect(detailOf(text)).toEqual({ detail: 'No Thing matches the given query.' });
    }
    for (const text of ['', 'x', '1.0', '0x1', '1e3', '\0', '9'.repeat(5000)])
      expect(detailOf(text)).toEqual({ detail: 'Not found.' });
  });
});
