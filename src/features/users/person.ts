import { raw, type Sql } from '../../platform/db/sql.js';
import type { Person } from './present.js';

/** A person among the columns of another row: `ownerId`, `ownerUsername` and so on. */
export type PersonColumns<P extends string> = Readonly<
  Record<`${P}Id`, number | null> & Record<`${P}Username` | `${P}FirstName` | `${P}LastName`, string | null>
>;

/** @param alias of `auth_user`. @param prefix prefix for the column names */
export const personColumns = (alias: string, prefix: string): Sql =>
  raw(
    `${alias}.id as "${prefix}Id", ${alias}.username as "${prefix}Username", ` +
      `${alias}.first_name as "${prefix}FirstName", ${alias}.last_name as "${prefix}LastName"`,
  );

/** @returns the person, or null if the join found none */
export function personOf<P extends string>(row: PersonColumns<P>, prefix: P): Person | null {
  const columns: Readonly<Record<string, unknown>> = row;
  const [id, username, firstName, lastName] = ['Id', 'Username', 'FirstName', 'LastName'].map(
    (name) => columns[prefix + name],
  );
  if (typeof id !== 'number') return null;
  return { id, username: String(username), firstName: String(firstName), lastName: String(lastName) };
}
