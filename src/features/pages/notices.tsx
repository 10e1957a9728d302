import { z } from 'zod';
import { Form } from './forms.js';
import { field, type Page, redirect } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { personOf } from './person.js';
import { Done } from './pieces.js';

const resend: NonNullable<Page['actions']> = {
  resend: async (visit) => {
    await visit.call('auth_create_email_resend', z.unknown(), {
      body: { email: field(visit.form, 'email') },
    });
    return redirect(withQuery(PATHS.verificationSent, { done: 'resent' }));
  },
};

type Shown = Parameters<Page['show']>;

const ResendForm = ({ visit, draft }: { readonly visit: Shown[0]; readonly draft: Shown[1] }) => (
  <Form
    visit={visit}
    action="resend"
    label={visit.texts.signingIn.resend}
    kind="second"
    isFull
    draft={draft}
    fields={[{ name: 'email', label: visit.texts.signingIn.email, type: 'email', autocomplete: 'email' }]}
  />
);

/** After a registration, and after an expired link was renewed. */
const verificationSent: Page = {
  path: PATHS.verificationSent,
  show: async (visit, draft) => {
    const { signingIn } = visit.texts;
    return {
      kind: 'view',
      title: signingIn.sentTitle,
      main: (
        <>
          {visit.query.get('done') === 'resent' && <Done>{signingIn.resent}</Done>}
          <p>{signingIn.sent}</p>
          <p class="quiet">{signingIn.sentHint}</p>
          <ResendForm visit={visit} draft={draft} />
          <a href={PATHS.signIn}>{signingIn.backToSignIn}</a>
        </>
      ),
    };
  },
  actions: resend,
};

/** Where a confirmation link leads. */
const confirmed: Page = {
  path: PATHS.confirmed,
  show: async (visit) => {
    const { signingIn, common } = visit.texts;
    const person = await personOf(visit);
    return {
      kind: 'view',
      title: signingIn.confirmedTitle,
      main: (
        <>
          <p role="status">{person === undefined ? signingIn.confirmed : signingIn.confirmedSignedIn}</p>
          <a class="button full" href={person === undefined ? PATHS.signIn : PATHS.account}>
            {person === undefined ? common.signIn : signingIn.goOn}
          </a>
        </>
      ),
    };
  },
};

/** Where a link leads that is used or too old. */
const linkWrong: Page = {
  path: PATHS.linkWrong,
  show: async (visit, draft) => {
    const { signingIn } = visit.texts;
    return {
      kind: 'view',
      title: signingIn.linkWrongTitle,
      main: (
        <>
          <p>{signingIn.linkWrong}</p>
          <ResendForm visit={visit} draft={draft} />
          <a href={PATHS.signIn}>{signingIn.backToSignIn}</a>
        </>
      ),
    };
  },
  actions: resend,
};

/** After a registration that an administrator has to approve. */
const waiting: Page = {
  path: PATHS.waiting,
  show: async (visit) => ({
    kind: 'view',
    title: visit.texts.signingIn.waitingTitle,
    main: <p role="status">{visit.texts.signingIn.waiting}</p>,
  }),
};

export const noticePages: readonly Page[] = [verificationSent, confirmed, linkWrong, waiting];
