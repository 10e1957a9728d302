import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Role } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { ServiceUnavailable, ValidationError } from '../../kernel/errors.js';
import { type ProviderSettings, storedName } from '../../platform/config/auth-config.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { found } from '../../platform/http/objects.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import { type AccountMailer, findHolder } from '../accounts/index.js';
import { lockBinding } from '../users/index.js';
import type { Flow } from './flow-service.js';
import { takeBack } from './grants.js';
import { SIGN_ON_PROBLEMS } from './problems.js';
import { deleteLink, type Link, listLinks } from './repository.js';

export interface LinksDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly providers: readonly IdentityProvider[];
  readonly passwords: Pick<PasswordService, 'isUsable'>;
  /** Accounts of a directory have their password there. */
  readonly usesDirectory: boolean;
  /** `basic.login.enabled`. */
  readonly allowsPasswords: boolean;
  readonly defaultRole: Role;
  readonly mailer: Pick<AccountMailer, 'accountUnlinked'>;
  readonly wakeMail: () => void;
  /** Ends all sessions of an account, on all replicas. */
  readonly endSessions: (userId: number) => Promise<void>;
}

const LAST_WAY_IN =
  'You could not sign in any more. Link another identity first, or ask an administrator for a password.';

/** The identities at providers with which people sign in to their accounts. */
export function createLinks(deps: LinksDeps & { readonly flow: Pick<Flow, 'begin'> }) {
  const { db, providers } = deps;

  const list = (userId: number): Promise<readonly Link[]> => listLinks(db, userId);

  /** @returns the provider of a link; undefined for one that is not configured any more */
  const providerOf = ({ provider }: Pick<Link, 'provider'>): ProviderSettings | undefined =>
    providers.find(({ settings }) => storedName(settings) === provider)?.settings;

  /**
   * Begins to link an identity to the account of the session.
   *
   * @returns the address at the provider where the person signs in
   * @throws ValidationError for an unknown provider. @throws ServiceUnavailable if it can't be used now
   */
  const begin = async (exchange: Exchange, userId: number, id: string): Promise<string> => {
    const provider = providers.find(({ settings }) => settings.id === id);
    if (provider === undefined) throw new ValidationError({ provider: [`"${id}" is not a valid choice.`] });
    const begun = await deps.flow.begin(exchange, provider, { next: null, isForUi: false, linksTo: userId });
    if (begun.kind === 'redirect') return begun.to;
    throw new ServiceUnavailable('provider_unreachable', SIGN_ON_PROBLEMS.unreachable);
  };

  /**
   * Unlinks an identity of one's own.
   *
   * @throws NotFound for any other. @throws ValidationError if it is the last way in
   */
  const removeOwn = (exchange: Exchange, userId: number, linkId: number): Promise<void> =>
    remove(exchange, { userId, linkId, keepsAWayIn: true });

  /** Unlinks an identity and ends the sessions of the account, for administrators. @throws NotFound */
  const removeOf = async (exchange: Exchange, userId: number, linkId: number): Promise<void> => {
    await remove(exchange, { userId, linkId, keepsAWayIn: false });
    await deps.endSessions(userId);
  };

  const remove = async (
    exchange: Exchange,
    { userId, linkId, keepsAWayIn }: { userId: number; linkId: number; keepsAWayIn: boolean },
  ): Promise<void> => {
    const link = await db.transaction(async (tx) => {
      const { password } = found(await lockBinding(tx, userId), 'User');
      const links = await listLinks(tx, userId);
      const link = found(
        links.find(({ id }) => id === linkId),
        'LinkedAccount',
      );
      const others = links.filter((other) => other !== link);
      if (keepsAWayIn && !hasWayIn(password, others)) throw new ValidationError([LAST_WAY_IN]);
      await deleteLink(tx, link.id);
      const { provider } = link;
      if (!others.some((other) => other.provider === provider))
        await takeBack(tx, { userId, provider, defaultRole: deps.defaultRole, now: dateOf(deps.clock) });
      const holder = await findHolder(tx, userId);
      const name = providerOf(link)?.name ?? provider;
      if (holder !== undefined) await deps.mailer.accountUnlinked(tx, holder, name);
      return link;
    });
    exchange.report('account.unlinked', { account: userId, provider: link.provider });
    deps.wakeMail();
  };

  const hasWayIn = (password: string, others: readonly Link[]): boolean =>
    deps.usesDirectory ||
    (deps.allowsPasswords && deps.passwords.isUsable(password)) ||
    others.some((other) => providerOf(other) !== undefined);

  return { list, providerOf, begin, removeOwn, removeOf };
}

export type Links = ReturnType<typeof createLinks>;
