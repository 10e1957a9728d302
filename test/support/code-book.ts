import { createHash, randomBytes } from 'node:crypto';
import type { SeenRequest } from './stand-in.js';

/** The codes that an authorization endpoint gives out, and the checks of a token endpoint. */

/** What a browser brought to the authorization endpoint. */
export interface CodeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly nonce: string | undefined;
  readonly challenge: string | undefined;
  readonly params: URLSearchParams;
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export type Redeemed<Person> =
  | { readonly request: CodeRequest; readonly person: Person; readonly refused?: undefined }
  | { readonly refused: 'client' | 'code' | 'redirect' | 'verifier' };

/**
 * @param client the only client there is
 * @param ways how it may prove who it is
 */
export function createCodeBook<Person>(
  client: ClientCredentials,
  ways: readonly ('basic' | 'post')[] = ['basic', 'post'],
) {
  const codes = new Map<string, { readonly request: CodeRequest; readonly person: Person }>();
  const tokens = new Map<string, { readonly request: CodeRequest; readonly person: Person }>();
  return {
    /** @returns a code for a person that works once */
    issue: (request: CodeRequest, person: Person): string => {
      const code = randomBytes(20).toString('hex');
      codes.set(code, { request, person });
      return code;
    },
    /** Checks a request to the token endpoint. A code is gone when it was shown by the client, right or wrong. */
    redeem: ({ form, headers }: Pick<SeenRequest, 'form' | 'headers'>): Redeemed<Person> => {
      if (
        !ways.some((way) =>
          isClient(client, way === 'basic' ? fromBasic(headers.authorization) : fromForm(form)),
        )
      )
        return { refused: 'client' };
      const code = form.get('code') ?? '';
      const found = codes.get(code);
      codes.delete(code);
      if (found === undefined) return { refused: 'code' };
      const { redirectUri, challenge } = found.request;
      if (form.get('redirect_uri') !== redirectUri) return { refused: 'redirect' };
      if (challenge !== undefined && challengeOf(form.get('code_verifier') ?? '') !== challenge)
        return { refused: 'verifier' };
      return found;
    },
    /** @returns an access token for what a code stood for */
    grant: (found: { readonly request: CodeRequest; readonly person: Person }): string => {
      const token = randomBytes(20).toString('hex');
      tokens.set(token, found);
      return token;
    },
    /** @returns what an access token in the header `Authorization` stands for */
    bearer: ({ headers }: Pick<SeenRequest, 'headers'>) =>
      tokens.get(headers.authorization?.match(/^Bearer (\S+)$/i)?.[1] ?? ''),
  };
}

export type CodeBook<Person> = ReturnType<typeof createCodeBook<Person>>;

/** @returns what the query of an authorization endpoint says */
export const readCodeRequest = ({ query }: Pick<SeenRequest, 'query'>): CodeRequest => ({
  clientId: query.get('client_id') ?? '',
  redirectUri: query.get('redirect_uri') ?? '',
  scope: query.get('scope') ?? '',
  nonce: query.get('nonce') ?? undefined,
  challenge: query.get('code_challenge') ?? undefined,
  params: query,
});

/** @returns a redirect URI with more parameters; those that are undefined are left out */
export function withParams(uri: string, params: Readonly<Record<string, string | null | undefined>>): string {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url.href;
}

const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

const isClient = (client: ClientCredentials, shown: ClientCredentials | undefined): boolean =>
  shown?.clientId === client.clientId && shown.clientSecret === client.clientSecret;

const fromForm = (form: URLSearchParams): ClientCredentials => ({
  clientId: form.get('client_id') ?? '',
  clientSecret: form.get('client_secret') ?? '',
});

/** Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1). */
function fromBasic(header: string | undefined): ClientCredentials | undefined {
  const [, coded] = header?.match(/^Basic (\S+)$/i) ?? [];
  const [, name, secret] =
    Buffer.from(coded ?? '', 'base64')
      .toString()
      .match(/^([^:]*):(.*)$/s) ?? [];
  if (name === undefined || secret === undefined) return undefined;
  const decode = (text: string): string =>
    new URLSearchParams(`text=${text.replaceAll('&', '%26')}`).get('text') ?? '';
  return { clientId: decode(name), clientSecret: decode(secret) };
}
