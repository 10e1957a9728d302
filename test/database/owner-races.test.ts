import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { endMemberships } from '../../src/features/invitations/index.js';
import { createInvitationService } from '../../src/features/invitations/service.js';
import { swapOwnerRole } from '../../src/features/memberships/index.js';
import { findMembership } from '../../src/features/memberships/repository.js';
import { createMembershipService } from '../../src/features/memberships/service.js';
import { lockOrganization } from '../../src/features/organizations/index.js';
import { findIntegrityProblems } from '../../src/features/organizations/integrity-repository.js';
import { replaceOwner } from '../../src/features/organizations/repository.js';
import { systemClock } from '../../src/kernel/clock.js';
import { cvatReleaseOf, DEFAULT_CVAT_VERSION } from '../../src/kernel/cvat-release.js';
import { ApiError } from '../../src/kernel/errors.js';
import { systemRandom } from '../../src/kernel/random.js';
import { createExternalDatabase } from '../../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../../src/platform/db/migrate.js';
import type { Database } from '../../src/platform/db/pool.js';
import { execute, one } from '../../src/platform/db/queryable.js';
import { raw, sql } from '../../src/platform/db/sql.js';
import { found } from '../../src/platform/http/objects.js';
import { insertMembership, insertOrganization } from '../support/organization-rows.js';
import {
  hasPostgres,
  POSTGRES_HINT,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.js';

const RELEASE = cvatReleaseOf(DEFAULT_CVAT_VERSION);

/**
 * Somebody becomes the owner while another transaction acts on their membership. The triggers are off: the statements
 * have to be right without them, because beside a CVAT a name in DATABASE_URL can switch them off.
 */

let server: PostgresServer;
let db: Database;
let round = 0;
let organizationId = 0;
let [founder, heir, membershipId] = [0, 0, 0];

const insertPerson = async (name: string): Promise<number> => {
  const row = await one<{ id: number }>(
    db,
    sql`
      insert into auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      values ('!', false, ${name}, '', '', '', false, true, now()) returning id`,
  );
  return row?.id ?? 0;
};

/** Asked outside of the transaction, which would remember the first answer. */
const WAITING = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;

/** Transfers the organization, and holds the locks until `other` waits for one of them. @returns how `other` is refused */
async function refusalWhileTransferring(other: () => Promise<unknown>): Promise<unknown> {
  let acting: Promise<unknown> = Promise.resolve();
  await db.transaction(async (tx) => {
    await lockOrganization(tx, organizationId, 'owner');
    await swapOwnerRole(tx, organizationId, heir);
    await replaceOwner(tx, organizationId, heir, new Date());
    acting = other().then(
      () => 'not refused',
      (error: unknown) => (error instanceof ApiError ? error.status : error),
    );
    await vi.waitFor(async () => expect(await one(db, WAITING)).toBeDefined(), {
      timeout: 15_000,
      interval: 5,
    });
  });
  return acting;
}

describe.skipIf(!hasPostgres)(`while an organization changes hands (${POSTGRES_HINT})`, () => {
  beforeAll(async () => {
    server = await startPostgres();
    const options = { poolSize: 3, timeout: 20_000, applicationName: 'races', guardNesting: false };
    db = createExternalDatabase({ url: server.url, ...options });
    await migrate(db, MIGRATIONS);
    for (const table of ['organizations_membership', 'organizations_organization'])
      await execute(db, sql`alter table ${raw(table)} disable trigger user`);
  });
  afterAll(async () => {
    await db.close();
    await server.remove();
  });
  beforeEach(async () => {
    round += 1;
    [founder, heir] = [await insertPerson(`founder${round}`), await insertPerson(`heir${round}`)];
    organizationId = await insertOrganization(db, `race${round}`, founder);
    membershipId = await insertMembership(db, { organizationId, userId: heir, role: 'worker' });
    await execute(
      db,
      sql`
        insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
        values (${`key${round}`}, now(), now(), ${membershipId}, ${founder})`,
    );
  });

  const invitations = () =>
    createInvitationService({
      db,
      random: systemRandom,
      release: RELEASE,
      passwords: { makeUnusable: () => '!' },
      lifetime: { clock: systemClock, days: 7 },
      needsConfirmation: false,
      defaultGroup: 'user',
      mail: null,
      requireMail: async () => undefined,
      wakeMail: () => undefined,
    });
  /** As it was when somebody asked, before the transfer. */
  const seen = async () => found(await findMembership(db, membershipId, founder), 'Membership');

  it('its new owner does not leave by declining the invitation they once accepted', async () => {
    expect(await refusalWhileTransferring(() => invitations().decline(`key${round}`))).toBe(400);
    expect(await findIntegrityProblems(db)).toEqual([]);
  });

  it.each(['worker', 'owner'])('its new owner is not removed by who saw a %s', async (role) => {
    // CVAT may have given them the role of the owner before.
    await execute(db, sql`update organizations_membership set role = ${role} where id = ${membershipId}`);
    const membership = await seen();
    const service = createMembershipService({ db, release: RELEASE, endMemberships });
    expect(await refusalWhileTransferring(() => service.remove(membership))).toBe(403);
    expect(await findIntegrityProblems(db)).toEqual([]);
  });

  it.each(['worker', 'owner'])('its new owner is not demoted by who saw a %s', async (role) => {
    await execute(db, sql`update organizations_membership set role = ${role} where id = ${membershipId}`);
    const membership = await seen();
    const service = createMembershipService({ db, release: RELEASE, endMemberships });
    expect(await refusalWhileTransferring(() => service.setRole(membership, 'supervisor'))).toBe(403);
    expect(await findIntegrityProblems(db)).toEqual([]);
  });
});
