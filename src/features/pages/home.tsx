import type { Page } from './page.js';
import { PATHS } from './paths.js';
import { personOf } from './person.js';
import type { PageSettings } from './settings.js';

/** The front page: into the account for people, and to the documentation for developers. */
export const homePage = (settings: PageSettings): Page => ({
  path: '/',
  show: async (visit) => {
    const { home, common, signingIn } = visit.texts;
    const person = await personOf(visit);
    return {
      kind: 'view',
      title: settings.siteName(),
      main: (
        <>
          <p>{person === undefined ? home.intro : signingIn.alreadySignedIn(person.username)}</p>
          <a class="button full" href={person === undefined ? PATHS.signIn : PATHS.account}>
            {person === undefined ? common.signIn : home.toAccount}
          </a>
          <section class="lead small">
            <h2>{home.developers}</h2>
            <ul class="plain">
              <li>
                <a href="/api/docs">Swagger UI</a> {home.swagger}
              </li>
              <li>
                <a href="/api/redoc">ReDoc</a> {home.redoc}
              </li>
              <li>
                <a href="/api/schema">{home.document}</a>
              </li>
              <li>
                <a href="/api/server/about">{home.about}</a>
              </li>
            </ul>
          </section>
        </>
      ),
    };
  },
});
