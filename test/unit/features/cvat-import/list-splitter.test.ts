import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createListSplitter } from '../../../../src/features/cvat-import/list-splitter.js';

/** @returns the values of a text that comes in pieces of so many characters, one after the other */
function split(text: string, sizes: readonly number[]): readonly string[] {
  const splitter = createListSplitter();
  const values: string[] = [];
  let at = 0;
  for (let turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    values.push(...splitter.push(text.slice(at, at + size)));
    at += size;
  }
  splitter.end();
  return values;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('a list in pieces', () => {
  it('is cut into the values that it has, wherever the pieces end', () => {
    const list = fc.array(fc.jsonValue({ maxDepth: 4 }));
    const indent = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(list, indent, sizes, (values, blanks, pieces) => {
        const texts = split(` ${JSON.stringify(values, null, blanks)}\n`, pieces);
        expect(texts.map((text) => JSON.stringify(JSON.parse(text)))).toEqual(
          values.map((value) => JSON.stringify(value)),
        );
      }),
    );
  });

  it('keeps quotes, brackets and commas in texts together', () => {
    const values = ['"', '\\', '\\"', '[{', '}],', '\\\\"]', { ',"]': '["' }];
    for (const size of [1, 2, 3, 5, 1000])
      expect(split(JSON.stringify(values), [size]).map((text) => JSON.parse(text) as unknown)).toEqual(
        values,
      );
  });

  it.each([
    ['', 'it is not a list'],
    ['  ', 'it is not a list'],
    ['{}', 'it is not a list'],
    ['1', 'it is not a list'],
    ['x[]', 'it is not a list'],
    ['"[]"', 'it is not a list'],
    [']', 'its brackets do not match'],
    ['[}', 'its brackets do not match'],
    ['[]]', 'its brackets do not match'],
    ['[', 'it ends in the middle of the list'],
    ['[1', 'it ends in the middle of the list'],
    ['["]', 'it ends in the middle of the list'],
    ['[[]', 'it ends in the middle of the list'],
    ['[][]', 'something follows the list'],
    ['[],', 'something follows the list'],
    ['[]{}', 'it is not a list'],
    ['[] "', 'something follows the list'],
  ])('that is none is refused: %s', (text, message) => {
    for (const size of [1, 1000]) expect(() => split(text, [size])).toThrow(message);
  });

  it('has an empty value where a comma is too many', () => {
    expect(split('[1,]', [1])).toEqual(['1', '']);
    expect(split('[,1]', [1])).toEqual(['', '1']);
    expect(split('[ ]', [1])).toEqual([]);
  });
});
