import type { DescribedRoute, Tag } from '../../platform/openapi/types.js';

/** The text on the first page of the documentation, in Markdown. */
export const DESCRIPTION = `Accounts, organizations, memberships, invitations and access tokens of CVAT, the Computer Vision Annotation Tool.

**Credentials.** The first that a request carries decides: an API token (\`Authorization: Token <key>\`), a personal
access token (\`Authorization: Bearer <value>\`), the session of a browser, or a user name and a password (Basic).
With a session, unsafe requests repeat the cookie \`csrftoken\` in the header \`X-CSRFToken\`. Wrong credentials are
an error even where none are needed.

**Organizations.** \`org\`, \`org_id\` or the header \`X-Organization\` select the organization of a request;
empty is the personal workspace. An object belongs to its own organization whatever the request says.

**Errors** have one of the shapes \`ErrorDetail\`, \`FieldErrors\`, \`ErrorList\`, \`ErrorText\` and \`DependencyError\`.
Every path answers 405 to methods that it does not have. A path outside of \`/api\` that is unknown (404), an unknown host
(400) and a server error (500) are answered with an HTML page. Every answer has an \`X-Request-Id\`.

**Examples** show an answer, and under \`x-request\` its request, with the caller and the credentials if they are not the
default; \`x-settings\` names the required server settings.`;

/** Of operations that only newer releases of CVAT have. */
const GROWTH: Tag = {
  name: 'growth',
  description: 'See and change whether you are asked to give CVAT a star.',
};

/** CVAT's tags where they apply, in the order of the document's paths. */
const TAGS: readonly Tag[] = [
  {
    name: 'auth',
    description:
      'Sign in and out, register, change a password, and manage personal access tokens and second factors.',
  },
  GROWTH,
  { name: 'invitations', description: 'Invite people to an organization, and answer invitations.' },
  { name: 'memberships', description: 'See and change the members of an organization and their roles.' },
  { name: 'organizations', description: 'Create, change, delete and transfer organizations.' },
  { name: 'schema', description: 'Read this document.' },
  { name: 'server', description: 'Get information about this server and its features.' },
  { name: 'subscriptions', description: 'What people have to agree to.' },
  { name: 'users', description: 'See and manage accounts, and their API tokens.' },
];

/** @returns the tags of the document: without the one of operations that the server does not have */
export const tagsOf = (routes: readonly Pick<DescribedRoute, 'tag'>[]): readonly Tag[] =>
  TAGS.filter((tag) => tag !== GROWTH || routes.some((route) => route.tag === tag.name));
