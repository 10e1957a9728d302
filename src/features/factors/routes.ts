import type { Caller } from '../../kernel/account.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import {
  type AnyRoute,
  defineRoute,
  reply,
  requireCaller,
  requireSession,
} from '../../platform/http/route.js';
import type { UserService } from '../users/index.js';
import { mayReset, mayUpdateOwn, mayView, mayViewOwn } from './access.js';
import type { CodeKind, FactorCheck } from './check.js';
import { presentFactors } from './present.js';
import {
  CodeWrite,
  ConfirmationWrite,
  FactorsRead,
  NewRecoveryCodesRead,
  TotpEnrolmentRead,
} from './schemas.js';
import type { FactorService } from './service.js';
import { currentOf, noteProof, type SessionProofDeps } from './session-proof.js';

export interface FactorRouteDeps extends SessionProofDeps {
  readonly service: FactorService;
  readonly check: Pick<FactorCheck, 'factorsOf' | 'verifyFactor'>;
  readonly users: Pick<UserService, 'find'>;
  /** `MFA_TOTP`: without it there is nothing to set up. */
  readonly offersTotp: boolean;
  /** `MFA_WEBAUTHN`. */
  readonly offersKeys: boolean;
}

const WRONG_CODE = 'The code is wrong or too old, or it was used before.';
const ENDS = 'Your other sessions and your API token end.';
const ONCE = 'A code counts once, and at most five wrong ones count in 15 minutes.';
const IN_A_SESSION = 'Only in a session. Not in CVAT.';

const OWN = { tag: 'auth', access: { kind: 'policy', checks: mayUpdateOwn } } as const;
const TOTP = { ...OWN, path: '/api/auth/factors/totp', view: 'Totp Factor' } as const;

/** @throws ValidationError */
function refuse(exchange: Exchange, account: number): never {
  exchange.report('factor.refused', { account });
  throw new ValidationError({ code: [WRONG_CODE] });
}

function noteUse(exchange: Exchange, account: number, kind: CodeKind): void {
  if (kind === 'recovery') exchange.report('recovery_code.used', { account });
}

const retrieveOwn = ({ check }: FactorRouteDeps) =>
  defineRoute({
    tag: 'auth',
    path: '/api/auth/factors',
    view: 'Factors',
    method: 'get',
    operationId: 'auth_retrieve_factors',
    summary: 'See your second factors',
    description:
      'Returns whether you have an authenticator app, your passkeys and security keys, and how many recovery codes are left. Not in CVAT.',
    access: { kind: 'policy', checks: mayViewOwn },
    isForEnrolment: true,
    responses: { 200: FactorsRead },
    handle: async ({ caller }) =>
      reply(200, presentFactors(await check.factorsOf(requireCaller(caller).account.id))),
  });

const begin = ({ service }: FactorRouteDeps) =>
  defineRoute({
    ...TOTP,
    method: 'post',
    needsProof: true,
    operationId: 'auth_create_factors_totp',
    summary: 'Begin to set up an authenticator app; its secret is only shown once',
    description: `Returns a new secret for the app. It counts once you have confirmed it with a code, and replaces one that you have not confirmed. ${IN_A_SESSION}`,
    isForEnrolment: true,
    responses: { 201: TotpEnrolmentRead },
    handle: async ({ caller }) => {
      const { secret, url, drawing } = await service.begin(requireSession(caller).account);
      return reply(201, { secret, otpauth_url: url, qr_svg: drawing });
    },
  });

const confirm = (deps: FactorRouteDeps) =>
  defineRoute({
    ...OWN,
    path: '/api/auth/factors/totp/confirm',
    view: 'Totp Confirmation',
    method: 'post',
    needsProof: true,
    operationId: 'auth_create_factors_totp_confirm',
    summary: 'Confirm an authenticator app; returns recovery codes once',
    description: `Takes a code of the app, and returns ten recovery codes for the day on which you have lost it: none if you have those of a key. ${ENDS} ${ONCE} ${IN_A_SESSION}`,
    body: ConfirmationWrite,
    isForEnrolment: true,
    responses: { 200: NewRecoveryCodesRead },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireSession(caller);
      const codes = await deps.service.confirm(account, body.code, await currentOf(deps, exchange));
      if (codes === undefined) return refuse(exchange, account.id);
      exchange.report('factor.added', { account: account.id });
      await noteProof(deps, exchange, account.id);
      return reply(200, { recovery_codes: [...codes] });
    },
  });

const remove = (deps: FactorRouteDeps) =>
  defineRoute({
    ...TOTP,
    method: 'delete',
    operationId: 'auth_destroy_factors_totp',
    summary: 'Remove your authenticator app, and with the last second factor your recovery codes',
    description: `Takes a code of the app or a recovery code, in the body. ${ENDS} ${ONCE} ${IN_A_SESSION}`,
    body: CodeWrite,
    responses: { 204: null },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireSession(caller);
      const kind = await deps.service.remove(account, body.code, await currentOf(deps, exchange));
      if (kind === undefined) return refuse(exchange, account.id);
      noteUse(exchange, account.id, kind);
      exchange.report('factor.removed', { account: account.id });
      return reply(204, null);
    },
  });

const renewCodes = ({ service }: FactorRouteDeps) =>
  defineRoute({
    ...OWN,
    path: '/api/auth/factors/recovery-codes',
    view: 'Recovery Codes',
    method: 'post',
    operationId: 'auth_create_factors_recovery_codes',
    summary: 'Replace your recovery codes; the new ones are only shown once',
    description: `Takes a code of the app or a recovery code, and returns ten new recovery codes. Those from before end. ${ONCE} ${IN_A_SESSION}`,
    body: CodeWrite,
    responses: { 201: NewRecoveryCodesRead },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireSession(caller);
      const renewed = await service.renewCodes(account, body.code);
      if (renewed === undefined) return refuse(exchange, account.id);
      noteUse(exchange, account.id, renewed.kind);
      exchange.report('recovery_codes.replaced', { account: account.id });
      return reply(201, { recovery_codes: [...renewed.codes] });
    },
  });

const prove = (deps: FactorRouteDeps) =>
  defineRoute({
    ...OWN,
    path: '/api/auth/factors/proof',
    view: 'Factor Proof',
    method: 'post',
    operationId: 'auth_create_factors_proof',
    summary: 'Prove your second factor again',
    description: `Takes a code of the app or a recovery code. For 15 minutes this session can then do what needs a fresh proof. ${ONCE} ${IN_A_SESSION}`,
    body: CodeWrite,
    responses: { 204: null },
    handle: async ({ exchange, caller, body }) => {
      const { account } = requireSession(caller);
      const kind = await deps.check.verifyFactor(account.id, body.code);
      if (kind === undefined) return refuse(exchange, account.id);
      noteUse(exchange, account.id, kind);
      await noteProof(deps, exchange, account.id);
      return reply(204, null);
    },
  });

const ofAccount = ({ users }: FactorRouteDeps) =>
  ({
    tag: 'users',
    path: '/api/users/:id/factors',
    view: 'Factors',
    load: (params: Readonly<Record<string, string>>, caller: Caller | null) =>
      users.find(params['id'], requireCaller(caller).organization?.id ?? null),
  }) as const;

const retrieveOf = (deps: FactorRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    method: 'get',
    operationId: 'users_retrieve_factors',
    summary: 'See the second factors of an account',
    description:
      'Returns whether the account has an authenticator app, its passkeys and security keys, and how many recovery codes are left, for its owner and for administrators. Not in CVAT.',
    access: { kind: 'policy', checks: mayView },
    responses: { 200: FactorsRead },
    handle: async ({ object }) => reply(200, presentFactors(await deps.check.factorsOf(object.account.id))),
  });

const resetOf = (deps: FactorRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    method: 'delete',
    operationId: 'users_destroy_factors',
    summary: 'Remove all second factors of an account',
    description:
      'For administrators, when a person has lost their app and their recovery codes. Ends all sessions and the API token of the account if it had a factor. Your own factors are removed with a code. Not in CVAT.',
    access: { kind: 'policy', checks: mayReset },
    needsProof: true,
    responses: { 204: null },
    handle: async ({ exchange, object: { account } }) => {
      if (await deps.service.reset(account)) exchange.report('factor.reset', { account: account.id });
      return reply(204, null);
    },
  });

/** The second factors of the caller, and those of an account. Not in CVAT. */
export const factorRoutes = (deps: FactorRouteDeps): readonly AnyRoute[] => [
  retrieveOwn(deps),
  ...(deps.offersTotp ? [begin(deps), confirm(deps), remove(deps)] : []),
  ...(deps.offersTotp || deps.offersKeys ? [renewCodes(deps)] : []),
  prove(deps),
  retrieveOf(deps),
  resetOf(deps),
];
