import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotFound } from '../../../../src/kernel/errors.js';
import { lastPageOf, pageBody, pageLinks, parsePage } from '../../../../src/platform/lists/pagination.js';
import { leastWorkOf } from '../../../support/work.js';

const BASE = 'https://cvat.example/api/users';
const query = (text: string) => new URLSearchParams(text);

describe('page', () => {
  it.each([
    ['', 1],
    ['page=', 1],
    ['page=2', 2],
    ['page=%202%20', 2],
    ['page=%2B2', 2],
    ['page=+2', 2],
    ['page=002', 2],
    ['page=last', 'last'],
    ['page=x&page=3', 3],
    ['page=9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %j as %j', (text, page) => {
    expect(parsePage(query(text)).page).toBe(page);
  });

  it.each([
    'page=0',
    'page=-1',
    'page=abc',
    'page=1.0',
    'page=1e3',
    'page=0x10',
    'page=%20',
    'page=LAST',
    'page=1%00',
    'page=3&page=x',
    'page=9007199254740992',
    `page=${'9'.repeat(5000)}`,
  ])('has no page at %j', (text) => {
    expect(() => parsePage(query(text))).toThrowError(
      expect.objectContaining({ status: 404, body: { detail: 'Invalid page.' } }),
    );
  });
});

describe('page_size', () => {
  it.each([
    ['', 10],
    ['page_size=', 10],
    ['page_size=25', 25],
    ['page_size=+7', 7],
    ['page_size=0', 10],
    ['page_size=-5', 10],
    ['page_size=many', 10],
    ['page_size=2.5', 10],
    ['page_size=ALL', 10],
    ['page_size=all', Number.MAX_SAFE_INTEGER],
    ['page_size=99999999999999999999999', Number.MAX_SAFE_INTEGER],
    ['page_size=3&page_size=4', 4],
  ])('reads %j as %j', (text, pageSize) => {
    expect(parsePage(query(text)).pageSize).toBe(pageSize);
  });
});

describe('page links', () => {
  const links = (text: string, page: number, lastPage: number) =>
    pageLinks({ baseUrl: BASE, params: query(text), page, lastPage });

  it('sorts the parameters, keeps blank ones and escapes as Python does', () => {
    expect(links('page=2&z=1&a=b c&search=é&e=', 2, 3)).toEqual({
      next: `${BASE}?a=b+c&e=&page=3&search=%C3%A9&z=1`,
      previous: `${BASE}?a=b+c&e=&search=%C3%A9&z=1`,
    });
  });

  it('names no neighbours of an only page', () => {
    expect(links('', 1, 1)).toEqual({ next: null, previous: null });
  });

  it('goes back to the bare path', () => {
    expect(links('page=2', 2, 2)).toEqual({ next: null, previous: BASE });
    expect(links('', 1, 2)).toEqual({ next: `${BASE}?page=2`, previous: null });
  });

  it('replaces every repetition of page and keeps those of others in their order', () => {
    expect(links('page=7&b=2&page=last&b=1&B=0', 3, 3).previous).toBe(`${BASE}?B=0&b=2&b=1&page=2`);
  });

  it('keeps an invalid page size as it was written', () => {
    expect(links('page_size=-%201', 1, 2).next).toBe(`${BASE}?page=2&page_size=-+1`);
  });

  it('leaves only letters, digits and _.-~ unescaped', () => {
    expect(links("q=aZ9_.-~!'()*%2F%2B%26%3D%25%40:", 1, 2).next).toBe(
      `${BASE}?page=2&q=aZ9_.-~%21%27%28%29%2A%2F%2B%26%3D%25%40%3A`,
    );
  });

  it('sorts names by code point, not by UTF-16 unit', () => {
    expect(links('\u{1f600}=1&\uff5e=2', 1, 2).next).toBe(`${BASE}?page=2&%EF%BD%9E=2&%F0%9F%98%80=1`);
  });

  it('leads to an address that asks for the same but the page', () => {
    const name = fc.string({ unit: 'binary' }).filter((text) => text !== 'page');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (pairs) => {
        const params = new URLSearchParams(pairs);
        const { next, previous } = pageLinks({ baseUrl: BASE, params, page: 3, lastPage: 4 });
        for (const [link, page] of [
          [next, '4'],
          [previous, '2'],
        ]) {
          const { searchParams, origin, pathname } = new URL(link ?? '');
          expect(origin + pathname).toBe(BASE);
          expect(searchParams.get('page')).toBe(page);
          for (const key of params.keys()) expect(searchParams.getAll(key)).toEqual(params.getAll(key));
        }
      }),
    );
  });

  it('copes with thousands of parameters in a moment', async () => {
    const params = query(Array.from({ length: 8000 }, (_, index) => `p${index}`).join('&'));
    const least = await leastWorkOf(() =>
      expect(pageLinks({ baseUrl: BASE, params, page: 1, lastPage: 2 }).next).toContain('?p0=&p1=&p10=&'),
    );
    expect(least).toBeLessThan(100);
  });
});

describe('page body', () => {
  it('has the keys of the envelope in their order', () => {
    const address = { baseUrl: BASE, params: query(''), page: 1, lastPage: 2 };
    expect(JSON.stringify(pageBody(address, { count: 11, results: [{ id: 1 }] }))).toBe(
      `{"count":11,"next":"${BASE}?page=2","previous":null,"results":[{"id":1}]}`,
    );
  });
});

describe('the last page', () => {
  it.each([
    [0, 10, 1],
    [10, 10, 1],
    [11, 10, 2],
    [5, Number.MAX_SAFE_INTEGER, 1],
  ])('of %d rows by %d is %d', (total, size, last) => {
    expect(lastPageOf(total, size)).toBe(last);
  });
});

it('tells a bad page as an error of its own kind', () => {
  expect(() => parsePage(query('page=0'))).toThrow(NotFound);
});
