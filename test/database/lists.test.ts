import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  booleanLookup,
  compileJoinedFilter,
  compilePolicyFilter,
  type FilterColumns,
  integerLookup,
} from '../../src/authorization/list-filter.js';
import { allOf } from '../../src/platform/db/conditions.js';
import { many, type Queryable } from '../../src/platform/db/queryable.js';
import { type Sql, sql } from '../../src/platform/db/sql.js';
import { column } from '../../src/platform/lists/columns.js';
import { defineList, planList } from '../../src/platform/lists/list-query.js';
import { runList } from '../../src/platform/lists/run-list.js';

interface Item {
  readonly id: number;
  readonly name: string | null;
  readonly size: number | null;
  readonly flag: boolean | null;
  readonly made: string | null;
}

/** Cases, accents, alphabets, everything LIKE and SQL have a meaning for, empty texts and rows without values. */
const ITEMS: readonly Item[] = [
  { id: 1, name: 'Ann', size: 1, flag: true, made: '2024-01-01T00:00:00Z' },
  { id: 2, name: 'ann', size: -1, flag: false, made: '2024-01-02T00:00:00Z' },
  { id: 3, name: 'ANNA', size: 0, flag: null, made: null },
  { id: 4, name: 'Éva', size: 2147483647, flag: true, made: '2023-12-31T23:59:59.5Z' },
  { id: 5, name: 'éva иван', size: -2147483648, flag: true, made: '2024-06-01T12:00:00Z' },
  { id: 6, name: 'ИВАН', size: null, flag: false, made: null },
  { id: 7, name: null, size: null, flag: null, made: null },
  { id: 8, name: null, size: 5, flag: true, made: '2024-01-01T00:00:00Z' },
  { id: 9, name: '100%', size: 5, flag: false, made: '2024-01-01T00:00:00Z' },
  { id: 10, name: '100 _', size: 5, flag: null, made: '2024-01-01T00:00:00Z' },
  { id: 11, name: 'back\\slash', size: 12, flag: true, made: null },
  { id: 12, name: `o'neil "x", y`, size: 21, flag: false, made: '2025-01-01T00:00:00Z' },
  { id: 13, name: '\u{1f600}', size: 21, flag: true, made: null },
  { id: 14, name: '', size: 210, flag: false, made: '2024-01-01T00:00:00Z' },
];

const items = defineList({
  columns: {
    id: column.integer(sql`i.id`),
    name: column.text(sql`i.name`),
    size: column.integer(sql`i.size`),
    flag: column.boolean(sql`i.flag`),
    made: column.timestamp(sql`i.made`),
  },
  search: ['name', 'size'],
  simple: ['name', 'size', 'flag'],
  filter: ['id', 'name', 'size', 'flag', 'made'],
  sort: ['id', 'name', 'size', 'flag'],
  defaultSort: '-id',
  unique: sql`i.id`,
});

let engine: PGlite;
let db: Queryable;

beforeAll(async () => {
  engine = new PGlite();
  db = {
    query: async <R extends pg.QueryResultRow>({ text, values }: pg.QueryConfig) => {
      const { rows } = await engine.query<R>(text, values);
      return { rows, rowCount: rows.length, command: '', oid: 0, fields: [] };
    },
  };
  await engine.exec(`
    create table item (id integer primary key, name varchar(64), size integer, flag boolean, made timestamptz);
    create table organization (id integer primary key, owner_id integer);
    create table membership (organization_id integer, user_id integer, is_active boolean);
    insert into organization values (1, 7), (2, 9), (3, 9), (4, null), (5, 9);
    insert into membership values
      (1, 7, true), (1, 8, true), (2, 7, true), (2, 8, true), (3, 7, false), (3, 8, true), (5, null, true);
  `);
  for (const { id, name, size, flag, made } of ITEMS) {
    await many(db, sql`insert into item values (${id}, ${name}, ${size}, ${flag}, ${made})`);
  }
});

afterAll(() => engine.close());

const list = async (query: string | Record<string, string>, restriction: Sql = sql`true`) => {
  const plan = planList(items, new URLSearchParams(query));
  const where = allOf([plan.where, restriction]);
  const found = await runList<{ id: number }>(db, { ...plan, where, select: sql`i.id`, from: sql`item i` });
  return { ...found, rows: found.rows.map(({ id }) => ({ id })) };
};
const ids = async (query: Record<string, string>) =>
  (await list({ page_size: 'all', sort: 'id', ...query })).rows.map(({ id }) => id);
const filtered = (rule: unknown) => ids({ filter: JSON.stringify(rule) });
const idsOf = (holds: (item: Item) => boolean) => ITEMS.filter(holds).map(({ id }) => id);

describe('filter', () => {
  const on = (name: string, operator: string, value: unknown) => ({ [operator]: [{ var: name }, value] });

  it.each([
    [{ and: [on('id', '==', '12'), on('flag', '==', false)] }, [12]],
    [on('size', '==', '21'), [12, 13]],
    [on('size', '==', 99999999999), []],
    [on('size', '<', 1e300), idsOf(({ size }) => size !== null)],
    [on('size', '>', '9'.repeat(400)), []],
    [on('size', '<', -2147483647.5), [5]],
    [on('name', '==', null), [7, 8]],
    [on('name', '==', 'ann'), [2]],
    [on('name', '==', "' or 1=1 --"), []],
    [{ var: 'name' }, idsOf(({ name }) => name !== null)],
    [{ '!': { var: 'name' } }, [7, 8]],
    [{ '!!': { var: 'size' } }, idsOf(({ size }) => size !== null)],
    [{ '!': on('name', '==', 'Ann') }, idsOf(({ id }) => id !== 1)],
    [{ '!': { '!': on('name', '==', 'Ann') } }, [1]],
    [{ '!': on('size', '<', 100) }, [4, 6, 7, 14]],
    [{ '<=': [1, { var: 'size' }, '12'] }, [1, 8, 9, 10, 11]],
    [on('size', '<=', 0), [2, 3, 5]],
    [{ in: [{ var: 'size' }, ['12', 21, 1e40, null]] }, [11, 12, 13]],
    [{ in: [{ var: 'size' }, []] }, []],
    [{ '!': { in: [{ var: 'size' }, [null]] } }, idsOf(() => true)],
    [{ in: [{ var: 'name' }, ['Ann', 'ИВАН', "o'neil"]] }, [1, 6]],
    [{ in: ['ann', { var: 'name' }] }, [2]],
    [{ in: ['%', { var: 'name' }] }, [9]],
    [{ in: ['_', { var: 'name' }] }, [10]],
    [{ in: ['\\', { var: 'name' }] }, [11]],
    [{ in: [21, { var: 'size' }] }, [4, 5, 12, 13, 14]],
    [{ in: ['ru', { var: 'flag' }] }, idsOf(({ flag }) => flag === true)],
    [on('flag', '==', 'True'), idsOf(({ flag }) => flag === true)],
    [on('flag', '<', true), idsOf(({ flag }) => flag === false)],
    [on('made', '<', '2024-01-01'), [4]],
    [on('made', '==', '2024-01-01T15:59:00+15:59'), idsOf(({ made }) => made === '2024-01-01T00:00:00Z')],
    [on('made', '>', '0001-01-01T00:00:00+15:59'), idsOf(({ made }) => made !== null)],
    [{ or: [on('id', '==', 1), { and: [on('id', '>', 1), on('id', '<', 3)] }] }, [1, 2]],
  ])('%j', async (rule, expected) => {
    expect(await filtered(rule)).toEqual(expected);
  });

  it('means what two-valued logic over the rows means', async () => {
    await fc.assert(
      fc.asyncProperty(rules, async (rule) => {
        expect(await filtered(rule)).toEqual(idsOf((item) => holds(rule, item)));
      }),
      { numRuns: 300 },
    );
  });
});

type Rule = Readonly<Record<string, unknown>>;
type Comparable = 'name' | 'size' | 'flag';

const names = fc.constantFrom(...ITEMS.map(({ name }) => name ?? 'нет'), 'a', 'NN', '%');
const sizes = fc.oneof(
  fc.constantFrom(-1, 0, 1, 5, 12, 21, 2147483647),
  fc.integer({ min: -9e12, max: 9e12 }),
);
const valuesOf: Readonly<Record<Comparable, fc.Arbitrary<unknown>>> = {
  name: names,
  size: sizes,
  flag: fc.boolean(),
};
const named = fc.constantFrom<Comparable[]>('name', 'size', 'flag');
const { rule: rules } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    named.map((name): Rule => ({ var: name })),
    named.map((name): Rule => ({ '==': [{ var: name }, null] })),
    named.chain((name) =>
      fc
        .tuple(fc.constantFrom('==', '<', '<=', '>', '>='), valuesOf[name])
        .map(([operator, value]): Rule => ({ [operator]: [{ var: name }, value] })),
    ),
    named.chain((name) => fc.array(valuesOf[name]).map((list): Rule => ({ in: [{ var: name }, list] }))),
    names.map((text): Rule => ({ in: [text, { var: 'name' }] })),
    fc.tuple(sizes, sizes).map(([low, high]): Rule => ({ '<=': [low, { var: 'size' }, high] })),
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('rule'), { minLength: 1, maxLength: 3 }))
      .map(([operator, list]): Rule => ({ [operator]: list })),
    fc.tuple(fc.constantFrom('!', '!!'), tie('rule')).map(([operator, rule]): Rule => ({ [operator]: rule })),
  ),
}));

/** The model: a rule is true or false of a row, and a comparison with nothing is false. */
function holds(rule: Rule, item: Item): boolean {
  const [[operator, args] = ['', []]] = Object.entries(rule);
  const list: readonly unknown[] = Array.isArray(args) ? args : [args];
  const inner = list.map((each) => () => holds(asRule(each), item));
  if (operator === 'and') return inner.every((each) => each());
  if (operator === 'or') return inner.some((each) => each());
  if (operator === '!') return !inner.some((each) => each());
  if (operator === '!!') return inner.some((each) => each());
  if (operator === 'var') return fieldOf(item, args) !== null;
  return compares(operator, list, item);
}

function compares(operator: string, list: readonly unknown[], item: Item): boolean {
  const at = list.findIndex((each) => typeof each === 'object' && each !== null && 'var' in each);
  const value = fieldOf(item, asRule(list[at])['var']);
  const [first, second, third] = list;
  if (operator === 'in' && at === 0) return Array.isArray(second) && second.includes(value);
  if (value === null) return operator === '==' && second === null;
  if (operator === 'in') return String(value).includes(String(first));
  if (third !== undefined) return order(first, value) <= 0 && order(value, third) <= 0;
  if (operator === '==') return value === second;
  if (second === null) return false;
  const sign = order(value, second);
  return operator.startsWith('<')
    ? sign < 0 || (sign === 0 && operator === '<=')
    : sign > 0 || (sign === 0 && operator === '>=');
}

const asRule = (value: unknown): Rule =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
const fieldOf = (item: Item, name: unknown) =>
  name === 'name' ? item.name : name === 'size' ? item.size : item.flag;

/** The C collation of the embedded engine: bytes. */
const order = (left: unknown, right: unknown): number =>
  typeof left === 'string' && typeof right === 'string'
    ? Buffer.compare(Buffer.from(left), Buffer.from(right))
    : Number(left) - Number(right);

describe('search', () => {
  it.each([
    ['ann', [1, 2, 3]],
    ['ÉVA', [4, 5]],
    ['иван éva', [5]],
    ['%', [9]],
    ['_', [10]],
    ['\\', [11]],
    ['21', [4, 5, 12, 13, 14]],
    ['100,5', [9, 10]],
    ['"00 _"', [10]],
    ["'o\\'neil \"x\", y'", [12]],
    ['""', idsOf(({ name, size }) => name !== null || size !== null)],
    ['\u{1f600}', [13]],
    ['ann nobody', []],
  ])('%j', async (search, expected) => {
    expect(await ids({ search })).toEqual(expected);
  });

  it('finds the rows that contain every term in a field, in any case', async () => {
    const letters = fc.constantFrom(...'aAnNéÉvиИВ0125%_\\- ');
    const phrases = fc.array(fc.string({ unit: letters, minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    const contains = (text: string | number | null, term: string) =>
      text !== null && String(text).toUpperCase().includes(term.toUpperCase());
    await fc.assert(
      fc.asyncProperty(phrases, async (terms) => {
        const search = terms.map((term) => `"${term.replaceAll('\\', '\\\\')}"`).join(' ');
        const model = idsOf(({ name, size }) =>
          terms.every((term) => contains(name, term) || contains(size, term)),
        );
        expect(await ids({ search })).toEqual(model);
      }),
      { numRuns: 200 },
    );
  });
});

describe('simple filters', () => {
  it('select the rows that equal every one of them', async () => {
    const query = fc.record(
      { name: names, size: sizes.map(String), flag: fc.constantFrom('true', 'False', '2', '3') },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(query, async (wanted) => {
        const flag = wanted.flag === undefined ? undefined : ['true', '2'].includes(wanted.flag);
        const model = idsOf(
          (item) =>
            (wanted.name === undefined || wanted.name === '' || item.name === wanted.name) &&
            (wanted.size === undefined || String(item.size) === wanted.size) &&
            (flag === undefined || item.flag === flag),
        );
        expect(await ids(wanted)).toEqual(model);
      }),
      { numRuns: 100 },
    );
  });

  it('find nothing at a number that no column holds', async () => {
    expect(await ids({ size: '9'.repeat(40) })).toEqual([]);
    expect(await ids({ size: '1e300' })).toEqual([]);
  });
});

describe('sort', () => {
  const sorted = async (sort: string) => (await list({ page_size: 'all', sort })).rows.map(({ id }) => id);
  const everything = ITEMS.map(({ id }) => id);

  it.each([
    ['', everything.toReversed()],
    ['id', everything],
    ['id,-id', everything],
    ['password', everything.toReversed()],
    ['password,id', everything],
    ['--id', everything.toReversed()],
    ['size', [5, 2, 3, 1, 8, 9, 10, 11, 12, 13, 14, 4, 6, 7]],
    ['-size', [6, 7, 4, 14, 12, 13, 11, 8, 9, 10, 1, 3, 2, 5]],
    [' flag , -id,made', [14, 12, 9, 6, 2, 13, 11, 8, 5, 4, 1, 10, 7, 3]],
    ['id);drop table item;--', everything.toReversed()],
    ['__proto__,constructor,made', everything.toReversed()],
    ['x,id,'.repeat(2000), everything],
  ])('by %.40j', async (sort, expected) => {
    expect(await sorted(sort)).toEqual(expected);
  });

  it('orders the rows by every name in turn, and ties by the unique one; nothing comes after everything', async () => {
    const names = fc.constantFrom('id', 'name', 'size', 'flag', 'made', 'password');
    const terms = fc.array(fc.tuple(names, fc.boolean()), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(terms, fc.integer({ min: 1, max: 15 }), async (wanted, pageSize) => {
        const sort = wanted.map(([name, isDescending]) => `${isDescending ? '-' : ''}${name}`).join(',');
        const model = modelOrder(wanted);
        expect(await sorted(sort)).toEqual(model);
        const pages = Math.ceil(ITEMS.length / pageSize);
        const last = await list({ sort, page: 'last', page_size: String(pageSize) });
        expect(last.rows.map(({ id }) => id)).toEqual(model.slice((pages - 1) * pageSize));
      }),
      { numRuns: 150 },
    );
  });

  /** `made` and `password` are no names of the order; without any, the default is `-id`. */
  const modelOrder = (wanted: readonly (readonly [string, boolean])[]): readonly number[] => {
    const known = wanted.filter(([name]) => ['id', 'name', 'size', 'flag'].includes(name));
    const terms = known.length === 0 ? [['id', true] as const] : [...known, ['id', false] as const];
    const sortValue = (item: Item, name: string) => (name === 'id' ? item.id : fieldOf(item, name));
    const compare = (left: unknown, right: unknown): number => {
      if (left === null || right === null) return Number(left === null) - Number(right === null);
      return order(left, right);
    };
    return ITEMS.toSorted((left, right) => {
      for (const [name, isDescending] of terms) {
        const sign = compare(sortValue(left, name), sortValue(right, name));
        if (sign !== 0) return isDescending ? -sign : sign;
      }
      return 0;
    }).map(({ id }) => id);
  };

  it.each(['flag', '-flag', 'size', 'name,-flag'])(
    'by %s gives every row on exactly one page',
    async (sort) => {
      const pages = [1, 2, 3, 4, 5].map((page) => list({ sort, page_size: '3', page: String(page) }));
      const rows = (await Promise.all(pages)).flatMap((page) => page.rows.map(({ id }) => id));
      expect(rows).toEqual(await sorted(sort));
    },
  );
});

describe('pages', () => {
  const idRows = (...wanted: number[]) => wanted.map((id) => ({ id }));

  it.each([
    ['', { total: 14, page: 1, lastPage: 2, rows: idRows(14, 13, 12, 11, 10, 9, 8, 7, 6, 5) }],
    ['page=2', { total: 14, page: 2, lastPage: 2, rows: idRows(4, 3, 2, 1) }],
    ['page=last&page_size=4', { total: 14, page: 4, lastPage: 4, rows: idRows(2, 1) }],
    ['page=last&page_size=7', { total: 14, page: 2, lastPage: 2, rows: idRows(7, 6, 5, 4, 3, 2, 1) }],
    ['size=21&page_size=99999999999999999999', { total: 2, page: 1, lastPage: 1, rows: idRows(13, 12) }],
    ['size=22', { total: 0, page: 1, lastPage: 1, rows: [] }],
    ['size=22&page=last&page_size=all', { total: 0, page: 1, lastPage: 1, rows: [] }],
  ])('%j', async (query, expected) => {
    expect(await list(query)).toEqual(expected);
  });

  it.each([
    'page=3',
    'page=9007199254740991',
    'page=2&page_size=all',
    'page=2&page_size=9007199254740991',
    'size=22&page=2',
  ])('ends before %j', async (query) => {
    await expect(list(query)).rejects.toMatchObject({ status: 404, body: { detail: 'Invalid page.' } });
  });

  it('count only the rows that the policy shows', async () => {
    const mine = compilePolicyFilter(['|', { size: 5 }, { id: 1 }], {
      id: integerLookup(sql`i.id`),
      size: integerLookup(sql`i.size`),
    });
    expect(await list('sort=id&filter={"<":[{"var":"id"},10]}', mine)).toMatchObject({
      total: 3,
      rows: idRows(1, 8, 9),
    });
  });
});

describe('a policy filter', () => {
  const columns: FilterColumns = { size: integerLookup(sql`i.size`), flag: booleanLookup(sql`i.flag`) };
  const terms = fc.oneof(
    fc.record(
      { size: fc.constantFrom(null, 5, 21, 99), flag: fc.constantFrom(null, true, false) },
      { requiredKeys: [] },
    ),
  );
  const { filter } = fc.letrec<{ filter: unknown }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      terms,
      fc
        .tuple(fc.constantFrom('&', '|'), fc.array(tie('filter'), { minLength: 1, maxLength: 4 }))
        .map(([operator, list]) => [operator, ...list]),
      tie('filter').map((inner) => ['~', inner]),
    ),
  }));
  const shows = (value: unknown, item: Item): boolean => {
    if (!Array.isArray(value)) {
      return Object.entries(asRule(value)).every(([name, wanted]) => fieldOf(item, name) === wanted);
    }
    const [operator, ...operands]: readonly unknown[] = value;
    if (operator === '~') return !shows(operands[0], item);
    return operator === '&'
      ? operands.every((each) => shows(each, item))
      : operands.some((each) => shows(each, item));
  };

  it('shows the rows that the expression is true of, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(filter, async (value) => {
        const shown = await list('page_size=all&sort=id', compilePolicyFilter(value, columns));
        expect(shown.rows.map(({ id }) => id)).toEqual(idsOf((item) => shows(value, item)));
      }),
      { numRuns: 200 },
    );
  });

  const organizations = {
    columns: {
      owner_id: integerLookup(sql`o.owner_id`),
      members__user_id: integerLookup(sql`m.user_id`),
      members__is_active: booleanLookup(sql`m.is_active`),
    },
    key: sql`o.id`,
    from: sql`organization o left join membership m on m.organization_id = o.id`,
  };
  const memberOf = (user: number) => ({ members__user_id: user, members__is_active: true });

  it.each([
    ['my own, and those where my own membership is active', ['|', memberOf(7), { owner_id: 7 }], [1, 2]],
    [
      'the same in halves',
      ['|', ['&', { members__user_id: 7 }, { members__is_active: true }], { owner_id: 7 }],
      [1, 2],
    ],
    ['each once, however many members match', { members__is_active: true }, [1, 2, 3, 5]],
    ['every one', {}, [1, 2, 3, 4, 5]],
    ['none of a stranger', ['|', memberOf(1), { owner_id: 1 }], []],
    ['those without a member', { members__user_id: null, members__is_active: null }, [4]],
  ])('over joined rows shows %s', async (_, value, expected) => {
    const where = compileJoinedFilter(value, organizations);
    const rows = await many<{ id: number }>(
      db,
      sql`select o.id from organization o where ${where} order by o.id`,
    );
    expect(rows.map(({ id }) => id)).toEqual(expected);
  });
});
