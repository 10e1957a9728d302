import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';

/** The keys of a provider of tests, and honest and dishonest ways to sign with them. */

export interface SigningKeys {
  readonly algorithm: string;
  /** Id of the key that signs now. */
  readonly kid: () => string;
  readonly privateKey: () => CryptoKey;
  readonly publicKey: () => CryptoKey;
  /** What the document of keys shows: no private part. */
  readonly published: () => readonly JWK[];
  readonly rotate: (keep: boolean) => Promise<void>;
}

/** @returns a token of these claims. @param header over the fields of its header */
export type Sign = (
  claims: Readonly<Record<string, unknown>>,
  keys: SigningKeys,
  header?: Readonly<Record<string, unknown>>,
) => Promise<string>;

let made = 0;

/** @returns a pair of keys that can be replaced; the first one is made now */
export async function createSigningKeys(algorithm: string): Promise<SigningKeys> {
  const make = async () => {
    made += 1;
    const kid = `key-${made}`;
    const pair = await generateKeyPair(algorithm, { extractable: true });
    return { kid, ...pair, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' } };
  };
  let current = await make();
  let published: readonly JWK[] = [current.jwk];
  return {
    algorithm,
    kid: () => current.kid,
    privateKey: () => current.privateKey,
    publicKey: () => current.publicKey,
    published: () => published,
    rotate: async (keep) => {
      current = await make();
      published = keep ? [current.jwk, ...published] : [current.jwk];
    },
  };
}

/** As the document of keys says. */
export const signHonestly: Sign = (claims, keys, header = {}) =>
  new SignJWT(payloadOf(claims))
    .setProtectedHeader({ alg: keys.algorithm, kid: keys.kid(), ...header })
    .sign(keys.privateKey());

/** With a key that is not in the document of keys, under the id of one that is. */
export const signWithOtherKey: Sign = async (claims, keys, header = {}) => {
  const { privateKey } = await generateKeyPair(keys.algorithm);
  return new SignJWT(payloadOf(claims))
    .setProtectedHeader({ alg: keys.algorithm, kid: keys.kid(), ...header })
    .sign(privateKey);
};

/** Not at all: `alg` is `none`. */
export const signNot: Sign = async (claims) => new UnsecuredJWT(payloadOf(claims)).encode();

/** With HMAC, and what everybody knows as its secret: the public key as PEM. */
export const signWithPublicKey: Sign = async (claims, keys, header = {}) =>
  new SignJWT(payloadOf(claims))
    .setProtectedHeader({ alg: 'HS256', kid: keys.kid(), ...header })
    .sign(new TextEncoder().encode(await exportSPKI(keys.publicKey())));

/** Honestly, and then somebody changes the claims. */
export const signAndChange =
  (changes: Readonly<Record<string, unknown>>): Sign =>
  async (claims, keys, header) => {
    const [head, , signature] = (await signHonestly(claims, keys, header)).split('.');
    const body = Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url');
    return `${head}.${body}.${signature}`;
  };

const payloadOf = (claims: Readonly<Record<string, unknown>>): JWTPayload => ({ ...claims });
