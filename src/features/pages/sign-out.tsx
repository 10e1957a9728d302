import { z } from 'zod';
import { Form } from './forms.js';
import { lastProvider } from './identities.js';
import { type Page, redirect } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { standingOf } from './person.js';

const Sessions = z.object({ results: z.array(z.object({ id: z.string(), current: z.boolean() })) });
const outOf = (provider?: string) => redirect(withQuery(PATHS.signIn, { done: 'signed-out', provider }));

/**
 * Ends the session of this browser. Unlike `POST /api/auth/logout`, it leaves the API token alone: scripts must not
 * stop because a person closed a browser.
 */
export const signOutPage: Page = {
  path: PATHS.signOut,
  show: async (visit, draft) => {
    const { signingIn, common } = visit.texts;
    if ((await standingOf(visit)) === 'nobody') return outOf();
    return {
      kind: 'view',
      title: signingIn.signOutTitle,
      main: (
        <>
          <p>{signingIn.signOutHint}</p>
          <Form
            visit={visit}
            action="sign-out"
            label={signingIn.signOutAction}
            draft={draft}
            beside={<a href={PATHS.account}>{common.cancel}</a>}
          />
        </>
      ),
    };
  },
  actions: {
    'sign-out': async (visit) => {
      const standing = await standingOf(visit);
      if (standing === 'nobody') return outOf();
      if (standing === 'enrolling') {
        // Its API token opens nothing either, and ends with the first factor.
        await visit.call('auth_create_logout', z.unknown());
        return outOf();
      }
      const provider = await lastProvider(visit);
      const { results } = await visit.call('auth_list_sessions', Sessions);
      const current = results.find((session) => session.current);
      if (current !== undefined)
        await visit.call('auth_destroy_sessions', z.unknown(), { params: { session_id: current.id } });
      return outOf(provider);
    },
  },
};
