import { allOf } from '../db/conditions.js';
import type { Sql } from '../db/sql.js';
import { lastParam } from '../values/params.js';
import type { Column, Columns } from './columns.js';
import { compileJsonLogic } from './json-logic.js';
import { compileOrdering, type OrderingRules, orderTerms } from './ordering.js';
import { type PageRequest, parsePage } from './pagination.js';
import { compileSearch } from './search.js';
import { compileSimpleFilters } from './simple-filters.js';

/** A list endpoint's named columns, and what clients may use each for. */
export interface ListSpec<Name extends string> {
  readonly columns: Readonly<Record<Name, Column>>;
  readonly search: readonly NoInfer<Name>[];
  readonly simple: readonly NoInfer<Name>[];
  /** Names of `filter=`. */
  readonly filter: readonly NoInfer<Name>[];
  /** Names of `sort=`. */
  readonly sort: readonly NoInfer<Name>[];
  /** A name of `columns`, with a minus for descending. */
  readonly defaultSort: NoInfer<Name> | `-${NoInfer<Name>}`;
  /** An expression that is unique per row: it ends every order. */
  readonly unique: Sql;
}

/** A {@link ListSpec} prepared for requests. */
export interface ListDefinition {
  readonly search: readonly Sql[];
  readonly simple: Columns;
  readonly filter: Columns;
  readonly ordering: OrderingRules;
}

/** One request's conditions, order and page, without any client input in the SQL text. */
export interface ListPlan extends PageRequest {
  readonly where: Sql;
  readonly orderBy: Sql;
  /** The client asked for a page of the whole list: its statement has one of a few texts. */
  readonly isPlain: boolean;
}

/** Prepares a list once, at start. */
export function defineList<const Name extends string>(spec: ListSpec<Name>): ListDefinition {
  const named = (names: readonly Name[]): Columns => new Map(names.map((name) => [name, spec.columns[name]]));
  const all = new Map(Object.entries<Column>(spec.columns));
  return {
    search: spec.search.map((name) => spec.columns[name].expression),
    simple: named(spec.simple),
    filter: named(spec.filter),
    ordering: {
      columns: named(spec.sort),
      fallback: orderTerms(spec.defaultSort, all),
      unique: spec.unique,
    },
  };
}

/**
 * Reads the query of a list request. The parts are read in CVAT's order of filter backends, which decides which error
 * is reported if several are wrong; the caller adds organization and policy to `where` with `allOf`.
 *
 * @throws ValidationError in the format of the invalid part
 * @throws NotFound `Invalid page.`
 */
export function planList(definition: ListDefinition, params: URLSearchParams): ListPlan {
  const simple = compileSimpleFilters(params, definition.simple);
  const search = compileSearch(lastParam(params, 'search'), definition.search);
  const orderBy = compileOrdering(lastParam(params, 'sort'), definition.ordering);
  const filter = compileJsonLogic(lastParam(params, 'filter'), definition.filter);
  return {
    where: allOf([simple, search, filter]),
    orderBy,
    isPlain: !shaping(definition).some((name) => params.has(name)),
    ...parsePage(params),
  };
}

const shaping = ({ simple }: ListDefinition): readonly string[] => [
  'search',
  'sort',
  'filter',
  ...simple.keys(),
];
