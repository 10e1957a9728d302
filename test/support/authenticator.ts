import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** An authenticator in software: ES256 keys, no attestation, and everything that a broken or hostile one may answer. */

export interface CreationOptions {
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly challenge: string;
  readonly excludeCredentials: readonly { readonly id: string }[];
}

export interface RequestOptions {
  readonly rpId: string;
  readonly challenge: string;
  readonly timeout: number;
  readonly allowCredentials: readonly { readonly id: string; readonly transports: readonly string[] }[];
  readonly userVerification: string;
}

/** A key, as its authenticator keeps it. */
export interface SoftKey {
  readonly id: Buffer;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly userHandle: string;
  /** What it said last; one that starts at 0 and stays there does not count. */
  counter: number;
}

/** What differs from a right answer. */
export interface Twist {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly isPresent?: boolean;
  readonly isVerified?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | null;
  readonly transports?: readonly string[];
  /** An id that is another key's. */
  readonly id?: Buffer;
  /** COSE number of the algorithm that the key claims. */
  readonly algorithm?: number;
  /** What the key claims to be attested by. */
  readonly attestation?: readonly [format: string, statement: ReadonlyMap<string, Cbor>];
}

type Cbor = number | string | Buffer | ReadonlyMap<number | string, Cbor> | readonly Cbor[];

const encoded = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();

/** RFC 8949, as much as authenticators need. */
function cborOf(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? headOf(1, -1 - value) : headOf(0, value);
  if (typeof value === 'string')
    return Buffer.concat([headOf(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([headOf(2, value.length), value]);
  if (value instanceof Map) {
    const pairs = [...(value as ReadonlyMap<number | string, Cbor>)];
    return Buffer.concat([headOf(5, pairs.length), ...pairs.flat().map(cborOf)]);
  }
  const items = value as readonly Cbor[];
  return Buffer.concat([headOf(4, items.length), ...items.map(cborOf)]);
}

function headOf(major: number, count: number): Buffer {
  const type = major << 5;
  if (count < 24) return Buffer.from([type | count]);
  if (count < 256) return Buffer.from([type | 24, count]);
  return Buffer.from([type | 25, count >> 8, count & 255]);
}

/** The public key as COSE (RFC 9053): EC2, P-256. */
function coseOf(publicKey: KeyObject, algorithm: number): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return cborOf(
    new Map<number, Cbor>([
      [1, 2],
      [3, algorithm],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  );
}

interface Flags {
  readonly isPresent: boolean;
  readonly isVerified: boolean;
  readonly hasKey: boolean;
}

function authenticatorData(rpId: string, flags: Flags, counter: number, attested: Buffer): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  const bits = (flags.isPresent ? 1 : 0) | (flags.isVerified ? 4 : 0) | (flags.hasKey ? 64 : 0);
  return Buffer.concat([sha256(rpId), Buffer.from([bits]), count, attested]);
}

/** @param origin of the page in front of the person, as the browser knows it */
export function createAuthenticator(origin: string) {
  const clientData = (type: string, challenge: string, twist: Twist): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: twist.crossOrigin ?? false,
      }),
    );

  /** @returns a new key and what the browser says of it */
  const register = ({ rp, user, challenge }: CreationOptions, twist: Twist = {}) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key: SoftKey = {
      id: twist.id ?? randomBytes(32),
      privateKey,
      publicKey,
      userHandle: user.id,
      counter: twist.counter ?? 0,
    };
    const length = Buffer.alloc(2);
    length.writeUInt16BE(key.id.length);
    const attested = Buffer.concat([
      Buffer.alloc(16),
      length,
      key.id,
      coseOf(publicKey, twist.algorithm ?? -7),
    ]);
    const flags = { isPresent: twist.isPresent ?? true, isVerified: twist.isVerified ?? true, hasKey: true };
    const [format, statement] = twist.attestation ?? ['none', new Map<string, Cbor>()];
    const attestationObject = cborOf(
      new Map<string, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authenticatorData(twist.rpId ?? rp.id, flags, key.counter, attested)],
      ]),
    );
    const credential = {
      id: encoded(key.id),
      rawId: encoded(key.id),
      type: 'public-key',
      response: {
        clientDataJSON: encoded(clientData('webauthn.create', challenge, twist)),
        attestationObject: encoded(attestationObject),
        transports: twist.transports ?? ['internal', 'hybrid'],
      },
      clientExtensionResults: {},
    };
    return { key, credential };
  };

  /** @returns what the browser says of an answer of the key */
  const assert = ({ rpId, challenge }: RequestOptions, key: SoftKey, twist: Twist = {}) => {
    const isCounting = key.counter > 0;
    const counter = twist.counter ?? (isCounting ? key.counter + 1 : 0);
    key.counter = counter;
    const flags = { isPresent: twist.isPresent ?? true, isVerified: twist.isVerified ?? true, hasKey: false };
    const data = authenticatorData(twist.rpId ?? rpId, flags, counter, Buffer.alloc(0));
    const client = clientData('webauthn.get', challenge, twist);
    const userHandle = twist.userHandle === undefined ? key.userHandle : twist.userHandle;
    return {
      id: encoded(twist.id ?? key.id),
      rawId: encoded(twist.id ?? key.id),
      type: 'public-key',
      response: {
        clientDataJSON: encoded(client),
        authenticatorData: encoded(data),
        signature: encoded(sign('sha256', Buffer.concat([data, sha256(client)]), key.privateKey)),
        ...(userHandle === null ? {} : { userHandle }),
      },
      clientExtensionResults: {},
    };
  };

  return { register, assert };
}
