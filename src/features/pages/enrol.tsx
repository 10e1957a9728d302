import { safeNext } from '../../platform/http/safe-next.js';
import { type Page, redirect } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { standingOf } from './person.js';
import type { PageSettings } from './settings.js';

/** Where people begin who have to have a second factor: until then they can do nothing else. */
export const enrolPage = (settings: PageSettings): Page => ({
  path: PATHS.enrol,
  show: async (visit) => {
    const next = safeNext(visit.query.get('next'), settings.uiUrl);
    const standing = await standingOf(visit);
    if (standing === 'nobody') return redirect(withQuery(PATHS.signIn, { next: next ?? PATHS.account }));
    if (standing !== 'enrolling') return redirect(next ?? PATHS.security);
    const { factors, keys, common } = visit.texts;
    return {
      kind: 'view',
      title: factors.requiredTitle,
      main: (
        <>
          <p>{factors.requiredIntro}</p>
          {settings.offersKeys && (
            <>
              <p class="quiet">{keys.hint}</p>
              <a class="button full" href={withQuery(PATHS.key, { next })}>
                {keys.add}
              </a>
            </>
          )}
          {settings.offersTotp && (
            <>
              <p class="quiet">{factors.setUpIntro}</p>
              <a
                class={settings.offersKeys ? 'button full second' : 'button full'}
                href={withQuery(PATHS.authenticator, { next })}
              >
                {factors.setUp}
              </a>
            </>
          )}
          <p class="small">
            <a href={PATHS.signOut}>{common.signOut}</a>
          </p>
        </>
      ),
    };
  },
});
