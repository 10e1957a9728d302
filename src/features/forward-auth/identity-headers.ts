import type { Account } from '../../kernel/account.js';

/** Of the answer, for the proxy to put in place of what the client sent. */
export type IdentityHeaders = Readonly<Record<string, string>>;

/** Under both conventions that programs behind proxies know: `Remote-*`, and the one of OAuth2 Proxy. */
export function identityHeaders(account: Account): IdentityHeaders {
  const groups = account.groups.join(',');
  const name = [account.firstName, account.lastName].filter((part) => part !== '').join(' ');
  const values = {
    'Remote-User': account.username,
    'Remote-Email': account.email,
    'Remote-Name': name,
    'Remote-Groups': groups,
    'X-Auth-Request-User': account.username,
    'X-Auth-Request-Email': account.email,
    'X-Auth-Request-Groups': groups,
    'X-Auth-Request-Preferred-Username': account.username,
  };
  return Object.fromEntries(Object.entries(values).map(([header, value]) => [header, encode(value)]));
}

/** UTF-8 as single bytes, which is how programs read such headers; nothing that could end the header. */
const encode = (value: string): string =>
  Buffer.from(value.replace(/\p{Cc}/gu, ' '), 'utf8')
    .toString('latin1')
    .trim();
