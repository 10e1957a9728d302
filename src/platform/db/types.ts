import pg from 'pg';
import { timestampOf } from '../../kernel/timestamp.js';

/** `timestamptz` is read as a `Timestamp`: a `Date` would lose the microseconds that Django writes. */
export const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? timestampOf
      : pg.types.getTypeParser(
          oid,
          format === 'binary' ? 'binary' : 'text',
        )) as pg.CustomTypesConfig['getTypeParser'],
};
