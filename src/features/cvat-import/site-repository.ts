import { execute, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { markImported, markPresent, skip } from './staging-repository.js';

/** CVAT's `SITE_ID`. */
const SITE_ID = 1;
const PLACEHOLDER = 'example.com';

/**
 * The site whose name starts the subject of mails. A name that was set here stays: only the placeholder of a new
 * database is replaced, Django's as well as ours.
 */
export async function importSite(tx: Queryable): Promise<void> {
  await skip(tx, 'site', sql`s.pk <> ${SITE_ID}`, 'CVAT uses only the site with the id 1');
  await skip(
    tx,
    'site',
    sql`exists (select from import_site o where o.outcome is null and o.seq < s.seq)`,
    'the source has another site',
  );
  await markPresent(
    tx,
    'site',
    sql`exists (
      select from django_site d
      where d.id = ${SITE_ID} and ((d.domain, d.name) = (s.domain, s.name) or d.name <> ${PLACEHOLDER})
    )`,
  );
  await skip(
    tx,
    'site',
    sql`exists (select from django_site d where d.domain = s.domain and d.id <> ${SITE_ID})`,
    'another site here has its domain',
  );
  await markImported(tx, 'site');
  await execute(
    tx,
    sql`
      insert into django_site (id, domain, name)
      select ${SITE_ID}, domain, name from import_site where outcome = 'new' order by seq limit 1
      on conflict (id) do update set domain = excluded.domain, name = excluded.name`,
  );
}
