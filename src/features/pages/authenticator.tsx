import type { VNode } from 'preact';
import { z } from 'zod';
import { safeNext } from '../../platform/http/safe-next.js';
import { qrShape } from '../../platform/otp/qr-code.js';
import { Factors } from './factors.js';
import { Form, Problems } from './forms.js';
import { type Draft, field, type Page, redirect, type View, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { selfOf, standingOf } from './person.js';
import { Note } from './pieces.js';
import { downloadActions, NewCodes, newCodesView } from './recovery-codes.js';
import type { PageSettings } from './settings.js';
import { Card, Lead } from './shell.js';

const Begun = z.object({ otpauth_url: z.string() });
const CONFIRM = 'confirm';
/** The link for the app. It goes with the form, so that a wrong code changes nothing of what the page shows. */
const LINK = 'link';

/** Setting up an authenticator app: a key for it, the first code, and recovery codes. */
export const authenticatorPage = (settings: PageSettings): Page => ({
  path: PATHS.authenticator,
  show: (visit, draft) => show(visit, settings, { draft, link: draft?.fields.get(LINK) ?? undefined }),
  actions: {
    ...downloadActions(settings),
    begin: async (visit) => {
      const { otpauth_url: link } = await visit.call('auth_create_factors_totp', Begun);
      return show(visit, settings, { link });
    },
    [CONFIRM]: async (visit) => {
      const codes = await visit.call('auth_create_factors_totp_confirm', NewCodes, {
        body: { code: field(visit.form, 'code') },
      });
      const next = safeNext(visit.form.get('next'), settings.uiUrl);
      if (codes.recovery_codes.length === 0)
        return redirect(next ?? withQuery(PATHS.security, { done: 'app-added' }));
      const { person } = await selfOf(visit);
      return newCodesView(visit, { person, codes, done: visit.texts.factors.appAdded, next });
    },
  },
});

interface Shown {
  readonly draft?: Draft | undefined;
  readonly link?: string | undefined;
}

async function show(visit: Visit, { uiUrl }: PageSettings, { draft, link }: Shown): Promise<View> {
  const [standing, factors] = await Promise.all([
    standingOf(visit),
    visit.call('auth_retrieve_factors', Factors),
  ]);
  const next = safeNext(visit.form.get('next') ?? visit.query.get('next'), uiUrl);
  const hidden = next === undefined ? {} : { next };
  const { factors: texts } = visit.texts;
  const app = factors.totp.enabled ? undefined : readLink(link);
  return {
    kind: 'view',
    title: texts.setUp,
    // People who have to set one up can do nothing else: they see no way to other pages.
    ...(typeof standing === 'string' ? {} : { person: standing }),
    main: (
      <>
        <p class="small">
          {typeof standing === 'string' ? (
            <a href={withQuery(PATHS.enrol, { next })}>{visit.texts.common.back}</a>
          ) : (
            <a href={PATHS.security}>{texts.back}</a>
          )}
        </p>
        <Lead title={texts.setUp}>{texts.setUpIntro}</Lead>
        {app === undefined && draft !== undefined && <Problems visit={visit} draft={draft} />}
        {factors.totp.enabled ? (
          <Note>{texts.setUpAlready}</Note>
        ) : app === undefined ? (
          <Beginning visit={visit} hidden={hidden} />
        ) : (
          <Enrolment visit={visit} draft={draft} app={app} hidden={hidden} />
        )}
      </>
    ),
  };
}

interface AppLink {
  readonly link: string;
  readonly secret: string;
}

/** @returns the link for an app, if it is one that this server makes: it comes back from the browser */
function readLink(link: string | undefined): AppLink | undefined {
  if (link === undefined || !LINK_FORM.test(link) || !URL.canParse(link)) return undefined;
  const secret = new URL(link).searchParams.get('secret');
  return secret === null ? undefined : { link, secret };
}

/** No longer than what fits into a QR code. */
const LINK_FORM = /^otpauth:\/\/totp\/[!-~]{1,2300}$/;

/** A key replaces the one from before: that needs a button, because addresses are also opened by chance. */
const Beginning = ({ visit, hidden }: Pick<EnrolmentProps, 'visit' | 'hidden'>): VNode => (
  <section class="card">
    <p>{visit.texts.factors.beginHint}</p>
    <Form
      visit={visit}
      action="begin"
      label={visit.texts.factors.begin}
      to={PATHS.authenticator}
      hidden={hidden}
    />
  </section>
);

interface EnrolmentProps {
  readonly visit: Visit;
  readonly draft: Draft | undefined;
  readonly app: AppLink;
  /** Where the person goes afterwards. */
  readonly hidden: Readonly<Record<string, string>>;
}

const Enrolment = ({ visit, draft, app, hidden }: EnrolmentProps): VNode => (
  <>
    <Card title={visit.texts.factors.scanTitle}>
      <p>{visit.texts.factors.scan}</p>
      <QrCode text={app.link} label={visit.texts.factors.picture} />
      <p>{visit.texts.factors.typeKey}</p>
      <p>
        <code class="key">{inGroups(app.secret)}</code>
      </p>
      <div class="actions">
        <a class="button second little" href={app.link}>
          {visit.texts.factors.openApp}
        </a>
      </div>
    </Card>
    <Card title={visit.texts.factors.confirmTitle}>
      <p class="quiet">{visit.texts.factors.confirmHint}</p>
      <Form
        visit={visit}
        action={CONFIRM}
        to={`${PATHS.authenticator}#${CONFIRM}-code`}
        label={visit.texts.factors.confirm}
        draft={draft}
        hidden={{ ...hidden, [LINK]: app.link }}
        fields={[
          {
            name: 'code',
            label: visit.texts.factors.code,
            hint: visit.texts.factors.codeHint,
            autocomplete: 'one-time-code',
            inputmode: 'numeric',
            maxLength: 64,
          },
        ]}
        beside={<a href={withQuery(PATHS.authenticator, hidden)}>{visit.texts.factors.beginAgain}</a>}
      />
    </Card>
  </>
);

/** Four characters at a time are easier to type. Apps leave out the spaces. */
const inGroups = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ');

/** Black on white in every colour scheme, because some cameras do not read the opposite. */
function QrCode({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const { size, path } = qrShape(text);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect width={size} height={size} fill="white" />
      <path d={path} fill="black" />
    </svg>
  );
}
