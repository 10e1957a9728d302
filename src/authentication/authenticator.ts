import type { Request } from 'express';
import type { Caller, Credential, OrganizationSelector } from '../kernel/account.js';
import { AuthenticationFailed, PermissionDenied } from '../kernel/errors.js';
import type { Exchange, Exchanges } from '../platform/http/exchange.js';
import type { createAccessTokenCheck } from './access-tokens.js';
import type { BasicCredentials } from './authorization-header.js';
import type { ChainChecks } from './chain.js';
import type { CredentialCheck } from './credentials.js';
import { requireCsrf } from './csrf.js';
import { mustEnrol } from './factor-requirement.js';
import { type Identity, type IdentityStore, isOpen } from './identity.js';
import type { VerifiedCredentials } from './passwords/verified-credentials.js';
import type { Sessions } from './sessions/sessions.js';
import { equalInConstantTime } from './signing.js';

export interface AuthenticatorDeps {
  readonly exchanges: Exchanges;
  /** The organization the request asks for, for the look-up; errors in it are reported with the decision. */
  readonly selectorOf: (exchange: Exchange) => OrganizationSelector;
  readonly identities: IdentityStore;
  readonly checkAccessToken: ReturnType<typeof createAccessTokenCheck>;
  readonly checkCredentials: CredentialCheck;
  readonly verifiedCredentials: VerifiedCredentials;
  readonly sessions: Sessions;
  readonly csrfTrustedOrigins: readonly string[];
  readonly emailVerificationIsMandatory: boolean;
}

/** The four checks of the chain. Each costs one SQL query; sessions also cost one request to their store. */
export function createChecks(deps: AuthenticatorDeps): ChainChecks {
  const { exchanges, identities, sessions, selectorOf, verifiedCredentials } = deps;

  /** Logs why a token was refused; its owner is only known once the token is known to be valid. */
  const refuse = ({ report }: Exchange, way: 'token' | 'access-token', error: unknown): never => {
    if (error instanceof AuthenticationFailed) report('credential.refused', { way, reason: error.sentence });
    throw error;
  };

  const token = (req: Request, key: string): Promise<Caller> => {
    const exchange = exchanges.of(req);
    return checkToken(exchange, key).catch((error: unknown) => refuse(exchange, 'token', error));
  };

  const checkToken = async (exchange: Exchange, key: string): Promise<Caller> => {
    const found = key.length > 40 ? undefined : await identities.byToken(key, selectorOf(exchange));
    if (found === undefined || !equalInConstantTime(found.key, key))
      throw new AuthenticationFailed('Invalid token.');
    if (!isOpen(found)) throw new AuthenticationFailed('User inactive or deleted.');
    return callerOf(found, { kind: 'token' });
  };

  const accessToken = (req: Request, key: string): Promise<Caller> => {
    const exchange = exchanges.of(req);
    return deps
      .checkAccessToken(key, selectorOf(exchange), exchange.client)
      .catch((error: unknown) => refuse(exchange, 'access-token', error));
  };

  const session = async (req: Request): Promise<Caller | undefined> => {
    const exchange = exchanges.of(req);
    const open = await sessions.open(exchange);
    if (open === undefined) return undefined;
    const identity = await identities.byId(open.userId, selectorOf(exchange));
    if (identity === undefined) return undefined;
    if (!isOpen(identity)) {
      // Another program, such as CVAT, may have deactivated the account: its sessions must not revive with the
      // account.
      await sessions.end(exchange, open);
      return undefined;
    }
    if (!(await sessions.confirm(exchange, open, identity))) return undefined;
    // Before the CSRF check: CVAT renews with every answer below 500, including a 403.
    sessions.renewWhenStale(exchange, open);
    await requireCsrf(exchange, deps.csrfTrustedOrigins).catch((error: unknown) => {
      if (error instanceof PermissionDenied)
        exchange.report('csrf.refused', { account: identity.account.id, way: 'session' });
      throw error;
    });
    // Django asks for no second factor: what it opened goes on there, and opens nothing here.
    if (open.shared !== undefined && identity.hasFactor && open.factorAt === null) return undefined;
    return callerOf(identity, { kind: 'session', factorAt: open.factorAt });
  };

  const basic = async (req: Request, credentials: BasicCredentials): Promise<Caller> => {
    const exchange = exchanges.of(req);
    const identity = (await recalled(credentials, exchange)) ?? (await verified(credentials, exchange));
    if (identity.hasFactor) throw new AuthenticationFailed('Invalid username/password.');
    if ((deps.emailVerificationIsMandatory && !identity.hasVerifiedEmail) || identity.awaitsProof) {
      throw new AuthenticationFailed('E-mail is not verified.');
    }
    return callerOf(identity, { kind: 'basic' });
  };

  async function recalled(
    { login, password }: BasicCredentials,
    exchange: Exchange,
  ): Promise<Identity | undefined> {
    const record = verifiedCredentials.recall(login, password);
    if (record === undefined) return undefined;
    const identity = await identities.byId(record.userId, selectorOf(exchange));
    const stands = verifiedCredentials.confirm(
      record,
      identity?.password ?? '',
      identity?.account.isActive ?? false,
    );
    // With a second factor, no password opens anything here: it is checked again, and refused as an unknown one.
    return stands && !identity?.hasFactor ? identity : undefined;
  }

  async function verified({ login, password }: BasicCredentials, exchange: Exchange): Promise<Identity> {
    const { client, report } = exchange;
    const match = await verifiedCredentials.together(login, password, () =>
      deps.checkCredentials({ username: login, password, client, way: 'basic', report }),
    );
    const identity = match && (await identities.byId(match.userId, selectorOf(exchange)));
    if (match === undefined || identity === undefined)
      throw new AuthenticationFailed('Invalid username/password.');
    if (!identity.account.isActive) throw new AuthenticationFailed('User inactive or deleted.');
    verifiedCredentials.remember(login, password, match.password, match.userId);
    report('login.succeeded', { account: match.userId, way: 'basic' });
    return identity;
  }

  return { token, accessToken, session, basic };
}

const callerOf = (identity: Identity, credential: Credential): Caller => ({
  account: identity.account,
  organization: identity.organization,
  hasFactor: identity.hasFactor,
  mustEnrol: mustEnrol(identity, credential),
  credential,
});
