import type { CheckedPassword } from '../../authentication/credentials.js';
import type { FailureLimit } from '../../authentication/failure-limit.js';
import { isComparable } from '../../authentication/passwords/limits.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Client } from '../../kernel/client.js';
import type { Directory, Located, Refused } from '../../platform/ldap/directory.js';
import { broadName, isPlainLogin } from '../../platform/ldap/names.js';
import { NO_ENTRY } from '../../platform/ldap/person.js';
import type { Log } from '../../platform/telemetry/log.js';
import type { DirectoryAccounts } from './accounts.js';
import { judge, type RoleRules } from './roles.js';

export interface DirectoryLoginDeps {
  readonly directory: Directory;
  readonly accounts: DirectoryAccounts;
  readonly rules: RoleRules;
  readonly failures: FailureLimit;
  readonly passwords: Pick<PasswordService, 'burn'>;
  readonly log: Log;
}

export interface DirectoryLoginRequest {
  readonly username: string;
  readonly password: string;
  /** For the failure limit, and for the client's share of the hash queue. */
  readonly client: Client;
}

const NOBODY: Refused = { kind: 'refused', reason: NO_ENTRY };

/** Checks a name and a password against the directory, for login and Basic. */
export function createDirectoryLogin(deps: DirectoryLoginDeps) {
  const { directory, failures } = deps;

  /** @returns the account; undefined for refusals where trying again would not help */
  return async (login: DirectoryLoginRequest): Promise<CheckedPassword | undefined> => {
    const { client } = login;
    const byName = { account: `name:${broadName(login.username)}`, address: client.address };
    await failures.check(byName);
    // A refusal takes as long as for a local account; otherwise its time would reveal who is in the directory.
    const refusalTime = deps.passwords.burn(login.password, { account: byName.account, client });
    refusalTime.catch(() => undefined);

    const deadline = directory.startDeadline();
    const located = isPlausible(login) ? await directory.locate(login.username, deadline) : NOBODY;
    // Directories normalize names in unknown ways: failures count for the entry, not for its spellings.
    const attempt =
      located.kind === 'person' ? { ...byName, account: `directory:${located.person.identity}` } : byName;
    await failures.check(attempt);

    const match =
      located.kind === 'refused' ? refuse(login.username, located) : await enter(located, login, deadline);
    if (match === undefined) {
      // Counted first: neither a full queue nor a client that disconnects may hide an attempt.
      await failures.failed(attempt);
      await refusalTime;
      return undefined;
    }
    await failures.check(attempt);
    await failures.succeeded(attempt);
    return match;
  };

  async function enter(
    located: Located,
    { username, password }: DirectoryLoginRequest,
    deadline: ReturnType<Directory['startDeadline']>,
  ): Promise<CheckedPassword | undefined> {
    const member = await directory.verify(located, password, deadline);
    if (member.kind === 'refused')
      return refuse(located.kind === 'person' ? located.person.dn : undefined, member);
    const judgement = judge(member, deps.rules);
    const { person } = member;
    if (judgement.kind === 'refused') return refuse(person.dn, judgement);
    const admission = await deps.accounts.admit({ person, roles: judgement.roles, typed: username });
    if (admission.kind === 'refused') return refuse(person.dn, admission);
    return { userId: admission.userId, password: admission.password };
  }

  /**
   * The typed name is only logged if an entry has it: people type their password into the wrong field.
   *
   * @param entry name of the entry, undefined if it was built from the typed name
   */
  function refuse(entry: string | undefined, { reason }: { readonly reason: string }): undefined {
    if (reason !== NO_ENTRY)
      deps.log.info({ entry, reason }, 'The directory, or a rule about it, refused a login.');
  }
}

/** An empty password is refused before any query: a bind without one succeeds for everyone (RFC 4513, 5.1.2). */
const isPlausible = ({ username, password }: DirectoryLoginRequest): boolean =>
  password !== '' && isComparable(password) && isPlainLogin(username);
