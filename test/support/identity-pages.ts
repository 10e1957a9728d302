import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Interaction, Provider } from 'oidc-provider';
import { readBody } from './stand-in.js';

/** The pages of the identity provider of tests: for browsers with and without scripts. */

export interface Person {
  readonly sub: string;
  readonly password: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly preferredUsername: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly groups: readonly string[];
}

/** Shows the page that a sign-in needs next, or takes what was sent by it. */
export async function answerInteraction(
  provider: Provider,
  people: readonly Person[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const interaction = await provider.interactionDetails(request, response);
  const isLogin = interaction.prompt.name === 'login';
  if (request.method !== 'POST') {
    sendPage(response, 200, isLogin ? loginPage() : consentPage(interaction));
    return;
  }
  const form = new URLSearchParams(await readBody(request));
  if (isLogin) {
    const name = form.get('username');
    const person = people.find(
      ({ preferredUsername, email }) => name === preferredUsername || name === email,
    );
    if (person === undefined || person.password !== form.get('password')) {
      sendPage(response, 401, loginPage('User name or password is wrong.'));
      return;
    }
    await provider.interactionFinished(request, response, { login: { accountId: person.sub } });
    return;
  }
  const answer =
    form.get('decision') === 'allow'
      ? { consent: { grantId: await saveGrant(provider, interaction) } }
      : { error: 'access_denied', error_description: 'The person did not allow it.' };
  await provider.interactionFinished(request, response, answer, { mergeWithLastSubmission: true });
}

/** Grants everything that was asked for. @returns the id of the grant */
async function saveGrant(
  provider: Provider,
  { session, params, prompt, grantId }: Interaction,
): Promise<string> {
  const earlier = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const names = { accountId: session?.accountId, clientId: String(params['client_id']) };
  const grant = earlier ?? new provider.Grant(names);
  grant.addOIDCScope(listOf(prompt.details['missingOIDCScope']));
  grant.addOIDCClaims(listOf(prompt.details['missingOIDCClaims']));
  return grant.save();
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const loginPage = (problem = ''): string =>
  page(
    'Sign in',
    `${problem === '' ? '' : `<p role="alert">${problem}</p>`}
    <form method="post">
      <p><label>User name <input name="username" autocomplete="username" required></label></p>
      <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
      <button>Sign in</button>
    </form>`,
  );

const consentPage = ({ params }: Interaction): string =>
  page(
    'Allow access',
    `<form method="post">
      <p>${escapeHtml(String(params['client_id']))} asks for: ${escapeHtml(String(params['scope']))}</p>
      <button name="decision" value="allow">Allow</button>
      <button name="decision" value="deny">Deny</button>
    </form>`,
  );

/** @param form the empty form of the provider, which the button belongs to */
export const signOutPage = (form: string): string =>
  page('Sign out', `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);

/** @returns a whole page of HTML. @param content HTML */
export const page = (title: string, content: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
  <body><main><h1>${title}</h1>${content}</main></body></html>`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);

export function sendPage(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
    .end(html);
}
