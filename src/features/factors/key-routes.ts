import { ValidationError } from '../../kernel/errors.js';
import { idOf } from '../../platform/http/objects.js';
import { type AnyRoute, defineRoute, reply, requireSession } from '../../platform/http/route.js';
import { CreationOptions, RequestOptions } from '../../platform/webauthn/schemas.js';
import { TokenRead } from '../accounts/index.js';
import { mayUpdateOwn } from './access.js';
import type { KeyCheck } from './key-check.js';
import { AssertionWrite, KeyAddedRead, KeyPatch, KeyWrite } from './key-schemas.js';
import type { KeyService } from './key-service.js';
import { type KeySignIn, refuseKey } from './key-sign-in.js';
import { presentKey } from './present.js';
import { NewRecoveryCodesRead, WebauthnRead } from './schemas.js';
import { currentOf, noteProof, type SessionProofDeps } from './session-proof.js';

export interface KeyRouteDeps extends SessionProofDeps {
  readonly keyService: KeyService;
  readonly keySignIn: KeySignIn;
  readonly keys: KeyCheck;
  /** `MFA_WEBAUTHN`: without it nobody adds keys, or signs in with one alone. */
  readonly offersKeys: boolean;
}

/** The sentence of CVAT's login. */
const UNVERIFIED = 'Unverified email';
const ENDS = 'Your other sessions and your API token end.';
const IN_A_SESSION = 'Only in a session. Not in CVAT.';
const ONCE = 'Each challenge counts once, within five minutes, in the browser that asked for it.';

const OWN = { tag: 'auth', access: { kind: 'policy', checks: mayUpdateOwn } } as const;
const CHANGE = { ...OWN, needsProof: true } as const;
const KEY = { ...CHANGE, path: '/api/auth/factors/webauthn/:id', view: 'Webauthn Factor' } as const;
const SIGN_IN = {
  tag: 'auth',
  access: { kind: 'public', because: 'for people without a session' },
  countsWithCredentials: true,
} as const;

const beginKey = ({ keyService }: KeyRouteDeps) =>
  defineRoute({
    ...CHANGE,
    path: '/api/auth/factors/webauthn/options',
    view: 'Webauthn Options',
    method: 'get',
    isForEnrolment: true,
    operationId: 'auth_retrieve_factors_webauthn_options',
    summary: 'Begin to add a passkey or security key',
    description: `Returns what a browser needs to make a key. ${ONCE} ${IN_A_SESSION}`,
    responses: { 200: CreationOptions },
    handle: async ({ exchange, caller }) =>
      reply(200, await keyService.begin(exchange, requireSession(caller).account)),
  });

const addKey = (deps: KeyRouteDeps) =>
  defineRoute({
    ...CHANGE,
    path: '/api/auth/factors/webauthn',
    view: 'Webauthn Factors',
    method: 'post',
    isForEnrolment: true,
    operationId: 'auth_create_factors_webauthn',
    summary: 'Add the passkey or security key that the browser made',
    description: `With the first second factor of an account come ten recovery codes, which are only shown once; with others the list is empty. ${ENDS} ${IN_A_SESSION}`,
    body: KeyWrite,
    responses: { 201: KeyAddedRead },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireSession(caller);
      const current = await currentOf(deps, exchange);
      const { key, codes } = await deps.keyService.add(exchange, account, body, current);
      exchange.report('factor.added', { account: account.id });
      await noteProof(deps, exchange, account.id);
      return reply(201, { recovery_codes: [...codes], key: presentKey(key) });
    },
  });

const renameKey = ({ keyService }: KeyRouteDeps) =>
  defineRoute({
    ...KEY,
    method: 'patch',
    operationId: 'auth_partial_update_factors_webauthn',
    summary: 'Rename a passkey or security key',
    description: `People with several keys tell them apart by their names. ${IN_A_SESSION}`,
    load: async (params) => ({ id: keyId(params) }),
    body: KeyPatch,
    responses: { 200: WebauthnRead },
    handle: async ({ caller, object, body }) => {
      const { account } = requireSession(caller);
      return reply(200, presentKey(await keyService.rename(account, object.id, body.name)));
    },
  });

const removeKey = (deps: KeyRouteDeps) =>
  defineRoute({
    ...KEY,
    method: 'delete',
    operationId: 'auth_destroy_factors_webauthn',
    summary: 'Remove a passkey or security key',
    description: `With the last second factor the recovery codes end too. ${ENDS} ${IN_A_SESSION}`,
    load: async (params) => ({ id: keyId(params) }),
    responses: { 204: null },
    handle: async ({ exchange, caller, object }) => {
      const { account } = requireSession(caller);
      await deps.keyService.remove(account, object.id, await currentOf(deps, exchange));
      exchange.report('factor.removed', { account: account.id });
      return reply(204, null);
    },
  });

const renewCodes = ({ keyService }: KeyRouteDeps) =>
  defineRoute({
    ...CHANGE,
    path: '/api/auth/factors/webauthn/recovery-codes',
    view: 'Webauthn Recovery Codes',
    method: 'post',
    operationId: 'auth_create_factors_webauthn_recovery_codes',
    summary: 'Replace your recovery codes after a proof of a key; the new ones are only shown once',
    description: `For accounts that have keys and no authenticator app, whose code they would have to send. Those from before end. ${IN_A_SESSION}`,
    responses: { 201: NewRecoveryCodesRead },
    handle: async ({ exchange, caller }) => {
      const { account } = requireSession(caller);
      const codes = await keyService.renewCodes(account);
      exchange.report('recovery_codes.replaced', { account: account.id });
      return reply(201, { recovery_codes: [...codes] });
    },
  });

const beginProof = ({ keys }: KeyRouteDeps) =>
  defineRoute({
    ...OWN,
    path: '/api/auth/factors/proof/webauthn/options',
    view: 'Key Proof Options',
    method: 'get',
    operationId: 'auth_retrieve_factors_proof_webauthn_options',
    summary: 'Begin to prove your second factor again with a key',
    description: `Returns what a browser needs to ask for one of your keys: without one, \`allowCredentials\` is empty. ${ONCE} ${IN_A_SESSION}`,
    responses: { 200: RequestOptions },
    handle: async ({ exchange, caller }) => {
      const { account } = requireSession(caller);
      return reply(200, await keys.requestOptions(exchange, { kind: 'proof', userId: account.id }));
    },
  });

const prove = (deps: KeyRouteDeps) =>
  defineRoute({
    ...OWN,
    path: '/api/auth/factors/proof/webauthn',
    view: 'Key Proof',
    method: 'post',
    operationId: 'auth_create_factors_proof_webauthn',
    summary: 'Prove your second factor again with a key',
    description: `For 15 minutes this session can then do what needs a fresh proof. ${IN_A_SESSION}`,
    body: AssertionWrite,
    responses: { 204: null },
    handle: async ({ exchange, caller, body }) => {
      const { id } = requireSession(caller).account;
      const { kind } = await deps.keys.verify(exchange, body.credential, { kind: 'proof', userId: id });
      if (kind !== 'right') throw refuseKey(exchange, kind, id);
      await noteProof(deps, exchange, id);
      return reply(204, null);
    },
  });

const beginStep = ({ keySignIn }: KeyRouteDeps) =>
  defineRoute({
    ...SIGN_IN,
    path: '/api/auth/login/key/options',
    view: 'Login Key Options',
    method: 'get',
    operationId: 'auth_retrieve_login_key_options',
    summary: 'Begin to finish a login with a key',
    description: `After a login, or a sign-in at an identity provider, that asks for a second factor. Returns what a browser needs to ask for a key of the account: without one, \`allowCredentials\` is empty. ${ONCE} Not in CVAT.`,
    responses: { 200: RequestOptions },
    handle: async ({ exchange }) => reply(200, await keySignIn.beginStep(exchange)),
  });

const finishStep = ({ keySignIn }: KeyRouteDeps) =>
  defineRoute({
    ...SIGN_IN,
    path: '/api/auth/login/key',
    view: 'Login Key',
    method: 'post',
    operationId: 'auth_create_login_key',
    summary: 'Finish a login with a key',
    description: 'In place of a code of the second factor. The answer is that of a login. Not in CVAT.',
    body: AssertionWrite,
    responses: { 200: TokenRead },
    handle: async ({ exchange, body }) => entered(await keySignIn.finishStep(exchange, body.credential)),
  });

const beginSignIn = ({ keySignIn }: KeyRouteDeps) =>
  defineRoute({
    ...SIGN_IN,
    path: '/api/auth/login/passkey/options',
    view: 'Login Passkey Options',
    method: 'get',
    operationId: 'auth_retrieve_login_passkey_options',
    summary: 'Begin to log in with a passkey, without a password',
    description: `Returns what a browser needs to ask for any passkey of this site. ${ONCE} Not in CVAT.`,
    responses: { 200: RequestOptions },
    handle: async ({ exchange }) => reply(200, await keySignIn.begin(exchange)),
  });

const finishSignIn = ({ keySignIn }: KeyRouteDeps) =>
  defineRoute({
    ...SIGN_IN,
    path: '/api/auth/login/passkey',
    view: 'Login Passkey',
    method: 'post',
    operationId: 'auth_create_login_passkey',
    summary: 'Log in with a passkey, without a password',
    description:
      'The authenticator must have asked for a PIN, a finger or a face: the passkey is both factors. Refused where passwords are turned off, and where a directory cannot say that it still admits the person. The answer is that of a login. Not in CVAT.',
    body: AssertionWrite,
    responses: { 200: TokenRead },
    handle: async ({ exchange, body }) => entered(await keySignIn.finish(exchange, body.credential)),
  });

const keyId = ({ id }: Readonly<Record<string, string>>): number => idOf(id, 'Key');

/** @throws ValidationError for an account whose address waits for confirmation */
function entered(outcome: Awaited<ReturnType<KeySignIn['finish']>>) {
  if (outcome.kind === 'token') return reply(200, { key: outcome.key });
  throw new ValidationError({ non_field_errors: [UNVERIFIED] });
}

/** Passkeys and security keys. Not in CVAT. */
export const keyRoutes = (deps: KeyRouteDeps): readonly AnyRoute[] => [
  ...(deps.offersKeys
    ? [
        beginKey(deps),
        addKey(deps),
        // Before the paths with an id, of which it looks like one.
        renewCodes(deps),
        renameKey(deps),
        removeKey(deps),
        beginSignIn(deps),
        finishSignIn(deps),
      ]
    : []),
  beginProof(deps),
  prove(deps),
  beginStep(deps),
  finishStep(deps),
];
