import pg from 'pg';
import { endMemberships } from '../../src/features/invitations/index.js';
import { removeOrganization } from '../../src/features/organizations/repository.js';
import { removeAccount } from '../../src/features/users/removal-repository.js';
import { lockAccount } from '../../src/features/users/repository.js';
import { until } from './redis-topologies.js';

/** A removal that has happened and is not committed: others still see the rows, and wait before they refer to them. */
export interface HeldRemoval {
  /** Waits until a request waits for the removal, or until `isOver`. */
  readonly untilAwaited: (isOver: () => boolean) => Promise<void>;
  readonly commit: () => Promise<void>;
}

export const holdAccountRemoval = (url: string, accountId: number): Promise<HeldRemoval> =>
  hold(url, async (tx) => {
    await lockAccount(tx, accountId);
    await endMemberships(tx, { userId: accountId });
    await removeAccount(tx, accountId);
  });

export const holdOrganizationRemoval = (url: string, organizationId: number): Promise<HeldRemoval> =>
  hold(url, async (tx) => {
    await endMemberships(tx, { organizationId });
    await removeOrganization(tx, organizationId);
  });

async function hold(url: string, remove: (tx: pg.Client) => Promise<void>): Promise<HeldRemoval> {
  const [client, watcher] = [new pg.Client(url), new pg.Client(url)];
  await Promise.all([client.connect(), watcher.connect()]);
  await client.query('begin');
  await remove(client);
  const someoneWaits = async (): Promise<boolean> => {
    const { rowCount } = await watcher.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount !== 0;
  };
  return {
    untilAwaited: (isOver) => until(async () => isOver() || (await someoneWaits())),
    commit: async () => {
      await client.query('commit');
      await Promise.all([client.end(), watcher.end()]);
    },
  };
}
