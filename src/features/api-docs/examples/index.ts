import { z } from 'zod';
import type { Examples } from '../../../platform/openapi/examples.js';
import type { DescribedRoute } from '../../../platform/openapi/types.js';
import { accessTokenExamples } from './access-tokens.js';
import { authExamples } from './auth.js';
import { commonExamples } from './common.js';
import { factorExamples } from './factors.js';
import { growthExamples } from './growth.js';
import { invitationExamples } from './invitations.js';
import { keyExamples } from './keys.js';
import { linkedAccountExamples } from './linked-accounts.js';
import { membershipExamples } from './memberships.js';
import { organizationExamples } from './organizations.js';
import { serverExamples } from './server.js';
import { sessionExamples } from './sessions.js';
import { signOnExamples } from './sign-on.js';
import { SURVEY_EXAMPLES, userExamples } from './users.js';

const OWN: Readonly<Record<string, Examples>> = {
  ...authExamples,
  ...accessTokenExamples,
  ...sessionExamples,
  ...linkedAccountExamples,
  ...factorExamples,
  ...keyExamples,
  ...signOnExamples,
  ...userExamples,
  ...organizationExamples,
  ...membershipExamples,
  ...invitationExamples,
  ...serverExamples,
  ...growthExamples,
};

/**
 * @returns the examples of an operation in the document: its own, then those derived from the route
 * @throws TypeError if one of its own has the name of a derived one
 */
export function examplesOf(route: DescribedRoute): Examples {
  const own = { ...OWN[route.operationId], ...(hasSurvey(route) ? SURVEY_EXAMPLES : {}) };
  const common = commonExamples(route);
  const twice = Object.keys(own).find((name) => Object.hasOwn(common, name));
  if (twice !== undefined) throw new TypeError(`${route.operationId} has two examples called ${twice}.`);
  return { ...own, ...common };
}

const hasSurvey = ({ body }: DescribedRoute): boolean =>
  body instanceof z.ZodObject && 'planned_activities' in body.shape;
