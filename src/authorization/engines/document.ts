import { stringifyJson } from '../../platform/values/json.js';
import type { PolicyInput, PolicyQuestion } from './engine.js';
import { noDecision } from './problems.js';

/** @returns the document with only CVAT's keys, in CVAT's order */
function documentOf({ scope, auth, resource }: PolicyInput): PolicyInput {
  const { user, organization, token } = auth;
  return {
    scope,
    auth: {
      user: { id: user.id, privilege: user.privilege },
      organization:
        organization === null
          ? null
          : {
              id: organization.id,
              owner: { id: organization.owner.id },
              user: { role: organization.user.role },
            },
      ...(token === undefined ? undefined : { token: { id: token.id, read_only: token.read_only } }),
    },
    resource: resource ?? null,
  };
}

/** @returns the document of a question; only plugins see the token (CVAT `access_tokens/permissions.py`) */
export function questionDocument({ rule, input }: PolicyQuestion): PolicyInput {
  const document = documentOf(input);
  if (rule === 'plugin_allow' || document.auth.token === undefined) return document;
  const { user, organization } = document.auth;
  return { ...document, auth: { user, organization } };
}

/** @returns the path of the answer: `data.<package>.<rule>`, or the bundle's list of plugin answers */
export const pathOf = ({ package: name, rule }: PolicyQuestion): string =>
  rule === 'plugin_allow' ? `bundle_plugins/${name}` : `${name}/${rule}`;

/**
 * @returns the documents as JSON
 * @throws ServiceUnavailable `opa_bad_answer` if a client's value in the resource is nested too deeply
 */
export function serialize(value: object): string {
  try {
    return stringifyJson(value);
  } catch (error) {
    throw noDecision('opa_bad_answer', error);
  }
}
