import type { IdentityStore } from '../../authentication/identity.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import { requestLanguage } from '../../platform/http/request-language.js';
import { defineRoute, reply } from '../../platform/http/route.js';
import type { Login } from './login.js';
import type { Registration } from './registration.js';
import { CodeWrite, DetailRead, LoginWrite, registerRead, TokenRead } from './schemas.js';

export interface AccountRouteDeps {
  readonly identities: IdentityStore;
  readonly sessions: Sessions;
  readonly login: Login;
  readonly registration: Registration;
  readonly emailVerificationIsMandatory: boolean;
  readonly registrationIsClosed: boolean;
  readonly minimumUsername: number;
}

const loginRoute = ({ login }: AccountRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/login',
    operationId: 'auth_create_login',
    summary: 'Log in with a user name or an e-mail address and a password',
    description:
      'Send the password with a user name or an e-mail address. The answer is the API token of the account, and a cookie starts a session. An account whose address waits for confirmation gets an error, and a new confirmation mail.',
    tag: 'auth',
    view: 'Login View Ex',
    access: { kind: 'public', because: 'for people without a session' },
    countsWithCredentials: true,
    body: LoginWrite,
    readBody: login.readFields,
    responses: { 200: TokenRead },
    handle: async ({ exchange, body }) => {
      const outcome = await login.login(exchange, body);
      if (outcome.kind === 'token') return reply(200, { key: outcome.key });
      return { status: 400, type: 'text/html; charset=utf-8', raw: 'Unverified email' };
    },
  });

const codeRoute = ({ login }: AccountRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/login/code',
    operationId: 'auth_create_login_code',
    summary: 'Finish a login with a code of your second factor',
    description:
      'After a login, or a sign-in at an identity provider, that asks for a code: a cookie remembers it for ten minutes. The answer is that of a login. A code counts once, and at most five wrong ones count in 15 minutes. Not in CVAT.',
    tag: 'auth',
    view: 'Login Code',
    access: { kind: 'public', because: 'for people without a session' },
    countsWithCredentials: true,
    body: CodeWrite,
    responses: { 200: TokenRead },
    handle: async ({ exchange, body }) => {
      const outcome = await login.finish(exchange, body.code);
      if (outcome.kind === 'token') return reply(200, { key: outcome.key });
      return { status: 400, type: 'text/html; charset=utf-8', raw: 'Unverified email' };
    },
  });

const logoutRoute = ({ login, sessions }: AccountRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/logout',
    operationId: 'auth_create_logout',
    summary: 'Log out: ends the session and deletes the API token',
    description:
      'Ends the session of the request and deletes the API token of its account. Without credentials it does nothing and succeeds.',
    tag: 'auth',
    view: 'Logout',
    alsoAllows: ['get'],
    access: { kind: 'public', because: 'logging out is never an error (dj-rest-auth)' },
    responses: { 200: DetailRead },
    handle: async ({ exchange, caller }) => {
      if (caller !== null) await login.endToken(caller);
      await sessions.logout(exchange);
      if (caller !== null) exchange.report('session.ended', { account: caller.account.id });
      return reply(200, { detail: 'Successfully logged out.' });
    },
  });

const registerRoute = ({ login, registration, sessions, identities, ...deps }: AccountRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/auth/register',
    operationId: 'auth_create_register',
    summary: 'Create an account',
    description:
      'Anybody can create an account, unless the server has registration closed. You are signed in at once, except where the address has to be confirmed first: then `email_verification_required` is true and `key` is null.',
    tag: 'auth',
    view: 'Register View Ex',
    documented: !deps.registrationIsClosed,
    access: { kind: 'public', because: 'for people without an account' },
    countsWithCredentials: true,
    body: registration.write,
    readBody: registration.readApplication,
    responses: { 201: registerRead(deps.minimumUsername) },
    handle: async ({ exchange, body }) => {
      const { id, isActive, awaitsProof, username, email, firstName, lastName } = await registration.register(
        body,
        exchange.client,
        requestLanguage(exchange),
      );
      exchange.report('account.created', { account: id, way: 'registration' });
      const needsConfirmation = deps.emailVerificationIsMandatory || awaitsProof;
      const entersAtOnce = isActive && !needsConfirmation;
      const identity = entersAtOnce ? await identities.byId(id, { kind: 'absent' }) : undefined;
      const key = identity && (await login.noteLogin(id));
      if (identity !== undefined) {
        await sessions.login(exchange, identity);
        exchange.report('login.succeeded', { account: id, way: 'registration' });
      } else if (isActive && deps.emailVerificationIsMandatory) await sessions.beginPending(exchange);
      return reply(201, {
        username,
        email,
        first_name: firstName,
        last_name: lastName,
        email_verification_required: needsConfirmation,
        key: key ?? null,
      });
    },
  });

export const accountRoutes = (deps: AccountRouteDeps) => [
  loginRoute(deps),
  codeRoute(deps),
  logoutRoute(deps),
  registerRoute(deps),
];
