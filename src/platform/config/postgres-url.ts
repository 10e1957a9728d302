import { z } from 'zod';
import { withoutTrailingSlashes } from './fields.js';

/** Problems of a URL that can't be used; each completes the sentence `DATABASE_URL is wrong: ...`. */
const PROBLEMS: readonly { readonly isMet: (url: string) => boolean; readonly problem: string }[] = [
  {
    isMet: (url) => !/^postgres(ql)?:\/\//.test(url),
    problem: 'it must be a URL that starts with postgres:// or postgresql://',
  },
  {
    // The rest of such a password would be taken for a host, and be shown as one.
    isMet: hasRawPassword,
    problem:
      'the user name or the password contains a character that must be percent-encoded: / is written %2F, ? %3F, # %23',
  },
  {
    isMet: (url) => partsOf(url).host.includes(','),
    problem:
      'several hosts are not supported: name one, or a proxy in front of them that finds the primary (HAProxy, PgBouncer)',
  },
  {
    isMet: (url) => toStandard(url) === undefined,
    problem: 'it must look like postgres://user:password@host:5432/database',
  },
  {
    isMet: (url) => !namesServer(url),
    problem:
      'it names no server: put one before the database, or name the folder of a socket with ?host=/run/postgresql',
  },
];

interface Parts {
  readonly login: string | undefined;
  readonly host: string;
  /** From the first `/`, `?` or `#` on. */
  readonly rest: string;
}

function partsOf(url: string): Parts {
  const [, authority = '', rest = ''] = url.match(/^[a-z]+:\/\/([^/?#]*)(.*)$/s) ?? [];
  const at = authority.lastIndexOf('@');
  return {
    login: at < 0 ? undefined : authority.slice(0, at),
    host: authority.slice(at + 1),
    rest,
  };
}

/** An `@` behind the first `/`, `?` or `#` ends a login that contains this character, unless it is in a parameter. */
function hasRawPassword(url: string): boolean {
  const { login, rest } = partsOf(url);
  if (login !== undefined) return false;
  const [path = '', ...parameters] = rest.split('?');
  return path.includes('@') || parameters.join('?').split('=')[0]?.includes('@') === true;
}

/** A server behind a socket has no host, which is no URL to Node.js as soon as there is a login. */
function toStandard(url: string): URL | undefined {
  const { login, host } = partsOf(url);
  const standard = host === '' && login !== undefined ? url.replace('@', '@socket') : url;
  return URL.canParse(standard) ? new URL(standard) : undefined;
}

const namesServer = (url: string): boolean =>
  partsOf(url).host !== '' || Boolean(toStandard(url)?.searchParams.get('host'));

/** @returns the problem with the URL of a PostgreSQL server; undefined if its form can be used */
export const postgresUrlProblem = (url: string): string | undefined =>
  PROBLEMS.find(({ isMet }) => isMet(url))?.problem;

/** @returns the URL of a PostgreSQL server, checked for its form, its trailing slashes removed */
export const postgresUrl = (description: string) =>
  z
    .string()
    .superRefine((url, context) => {
      const problem = postgresUrlProblem(url);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    })
    .transform(withoutTrailingSlashes)
    .optional()
    .meta({ description });
