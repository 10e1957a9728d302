import type { AssertionResponse, RegistrationResponse } from './schemas.js';

/** Passkeys and security keys (WebAuthn level 3), on top of @simplewebauthn/server 14. */

/** This server, as browsers and authenticators know it. */
export interface RelyingParty {
  /** The host that keys are bound to. */
  readonly id: string;
  /** The only origin whose pages may use them. */
  readonly origin: string;
}

/** @param publicUrl `PUBLIC_URL` */
export function relyingPartyOf(publicUrl: string): RelyingParty {
  const { hostname: id, origin } = new URL(publicUrl);
  return { id, origin };
}

/** COSE algorithms (RFC 9053) that keys may use, the best first: Ed25519, ES256, RS256. */
export const ALGORITHMS = [-8, -7, -257] as const;

/** A key as it is stored. */
export interface PublicKey {
  readonly credentialId: Buffer;
  /** A COSE key (RFC 9052). */
  readonly publicKey: Buffer;
}

export interface NewKey extends PublicKey {
  readonly counter: number;
  readonly isBackedUp: boolean;
}

/** What an authenticator says about itself when it answers. */
export interface Assertion {
  readonly counter: number;
  readonly isBackedUp: boolean;
}

/** The longest id that an authenticator may choose (WebAuthn level 3, 7.1). */
const LONGEST_ID = 1023;

/** The library is large, and most servers run for days before they need it. */
const load = async () => {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...server, ...helpers };
};

/**
 * @param clientData `clientDataJSON` of a response, in base64url
 * @returns the challenge that the response answers; undefined if it names none, or comes from a frame of another site
 */
export function challengeIn(clientData: string): string | undefined {
  try {
    const read = JSON.parse(Buffer.from(clientData, 'base64url').toString('utf8')) as unknown;
    if (typeof read !== 'object' || read === null) return undefined;
    const { challenge, crossOrigin } = read as Readonly<Record<string, unknown>>;
    return typeof challenge === 'string' && crossOrigin !== true ? challenge : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a new key. What its maker attests is not looked at: this server trusts no makers, and a certificate could name
 * addresses to ask.
 *
 * @param challenge that was given to the browser
 * @returns undefined for a response that is not of this site, of this challenge, or not well-formed
 */
export async function readRegistration(
  { id, origin }: RelyingParty,
  response: RegistrationResponse,
  challenge: string,
): Promise<NewKey | undefined> {
  const { verifyRegistrationResponse, decodeAttestationObject, isoCBOR } = await load();
  try {
    const attested = decodeAttestationObject(bytesOf(response.response.attestationObject));
    const attestationObject = Buffer.from(
      isoCBOR.encode(
        new Map<string, string | Uint8Array | Map<string, string>>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', attested.get('authData')],
        ]),
      ),
    ).toString('base64url');
    const { registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...response,
        response: { clientDataJSON: response.response.clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: false,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    if (registrationInfo === undefined) return undefined;
    const { credential, credentialBackedUp } = registrationInfo;
    const credentialId = Buffer.from(credential.id, 'base64url');
    if (credentialId.length > LONGEST_ID || credential.id !== response.id) return undefined;
    return {
      credentialId,
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      isBackedUp: credentialBackedUp,
    };
  } catch {
    // The library throws an Error for everything that does not hold, and whatever its parsers throw for the rest.
    return undefined;
  }
}

export interface AssertionChecks {
  /** That was given to the browser. */
  readonly challenge: string;
  readonly key: PublicKey;
  /** The authenticator has to have asked for a PIN, a finger or a face. */
  readonly needsVerification: boolean;
}

/**
 * Checks the answer of a key. Its counter is for the caller to compare, in one step with storing it.
 *
 * @returns undefined for an answer that is not of this key, this site and this challenge, or not well-formed
 */
export async function checkAssertion(
  { id, origin }: RelyingParty,
  response: AssertionResponse,
  { challenge, key, needsVerification }: AssertionChecks,
): Promise<Assertion | undefined> {
  const { verifyAuthenticationResponse } = await load();
  try {
    const { clientDataJSON, authenticatorData, signature } = response.response;
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...response,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: needsVerification,
      credential: { id: response.id, publicKey: bytesOf(key.publicKey), counter: 0 },
    });
    if (!verified) return undefined;
    return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp };
  } catch {
    // As above.
    return undefined;
  }
}

/** A copy, because the types of the library ask for a buffer of its own. */
const bytesOf = (bytes: Buffer | string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(typeof bytes === 'string' ? Buffer.from(bytes, 'base64url') : bytes);
