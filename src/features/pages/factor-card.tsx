import type { VNode } from 'preact';
import { z } from 'zod';
import { FactorFacts, type Factors, hasFactor } from './factors.js';
import { ButtonForm, Form } from './forms.js';
import { KeyList, keyActions, RENAME, RENEW_BY_KEY } from './key-list.js';
import { type Draft, field, type Page, type PageAnswer, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { selfOf } from './person.js';
import { downloadActions, NewCodes, newCodesView } from './recovery-codes.js';
import type { PageSettings } from './settings.js';
import { Card } from './shell.js';

const RENEW = 'renew-codes';
const REMOVE = 'remove-app';
/** From here on the card asks for new codes. */
const FEW = 3;

interface FactorsCardProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  readonly factors: Factors;
  readonly draft: Draft | undefined;
}

/** The second factor of one's own account, with forms that change it. */
export function FactorsCard({ visit, settings, factors, draft }: FactorsCardProps): VNode | null {
  const { factors: texts } = visit.texts;
  const { remaining } = factors.recovery_codes;
  const { totp, webauthn } = factors;
  if (!settings.offersTotp && !settings.offersKeys && !hasFactor(factors)) return null;
  return (
    <Card title={texts.title}>
      <p class="quiet">{texts.hint}</p>
      {hasFactor(factors) ? <FactorFacts visit={visit} factors={factors} /> : <p>{texts.none}</p>}
      {canRenew(settings, factors) && remaining <= FEW && <p class="note bad">{texts.fewCodes(remaining)}</p>}
      {settings.offersTotp && !factors.totp.enabled && (
        <div class="actions">
          <a class="button second little" href={PATHS.authenticator}>
            {texts.setUp}
          </a>
        </div>
      )}
      {!settings.offersTotp && totp.enabled && <p class="quiet">{texts.notOffered}</p>}
      {(settings.offersKeys || webauthn.length > 0) && (
        <KeyList visit={visit} settings={settings} factors={factors} draft={draft} />
      )}
      <FactorForms visit={visit} settings={settings} factors={factors} draft={draft} />
    </Card>
  );
}

/** @returns the buttons of the forms that the card shows, which show their own problems */
export const factorForms = (settings: PageSettings, factors: Factors): readonly string[] => [
  RENEW,
  ...(hasFactorForms(settings, factors) ? [REMOVE] : []),
  RENAME,
];

/** With an app by a code, without one by a key. */
const canRenew = (settings: PageSettings, factors: Factors): boolean =>
  hasFactorForms(settings, factors) || (settings.offersKeys && hasFactor(factors));

const hasFactorForms = ({ offersTotp }: PageSettings, { totp }: Factors): boolean =>
  offersTotp && totp.enabled;

const FactorForms = ({ visit, settings, factors, draft }: FactorsCardProps): VNode => (
  <>
    {canRenew(settings, factors) &&
      (factors.totp.enabled ? (
        <CodeForm visit={visit} draft={draft} action={RENEW} title={visit.texts.factors.renewTitle}>
          {visit.texts.factors.renewHint}
        </CodeForm>
      ) : (
        <RenewalByKey visit={visit} />
      ))}
    {hasFactorForms(settings, factors) && (
      <CodeForm visit={visit} draft={draft} action={REMOVE} title={visit.texts.factors.removeTitle}>
        {factors.webauthn.length > 0 ? visit.texts.keys.removeAppHint : visit.texts.factors.removeHint}
      </CodeForm>
    )}
  </>
);

const RenewalByKey = ({ visit }: { readonly visit: Visit }): VNode => (
  <section class="part" aria-labelledby={`${RENEW}-title`}>
    <h3 id={`${RENEW}-title`}>{visit.texts.factors.renewTitle}</h3>
    <p class="quiet">{visit.texts.keys.renewHint}</p>
    <div class="actions">
      <ButtonForm visit={visit} action={RENEW_BY_KEY} label={visit.texts.factors.renew} />
    </div>
  </section>
);

interface CodeFormProps {
  readonly visit: Visit;
  readonly draft: Draft | undefined;
  readonly action: typeof RENEW | typeof REMOVE;
  readonly title: string;
  /** What it does. */
  readonly children: string;
}

/** A browser goes to the field when the page comes back, so that people see what is said of their code. */
const CodeForm = ({ visit, draft, action, title, children }: CodeFormProps): VNode => (
  <section class="part" aria-labelledby={`${action}-title`}>
    <h3 id={`${action}-title`}>{title}</h3>
    <p class="quiet">{children}</p>
    <Form
      visit={visit}
      action={action}
      to={`${PATHS.security}#${action}-code`}
      label={action === REMOVE ? visit.texts.factors.remove : visit.texts.factors.renew}
      kind={action === REMOVE ? 'danger' : 'second'}
      draft={draft}
      fields={[
        {
          name: 'code',
          label: visit.texts.factors.code,
          hint: visit.texts.factors.anyCodeHint,
          autocomplete: 'one-time-code',
          maxLength: 64,
        },
      ]}
    />
  </section>
);

/** What the forms of the card do; nothing on a server that offers no second factors, which has no routes for them. */
export const factorActions = (settings: PageSettings): NonNullable<Page['actions']> => ({
  ...(settings.offersTotp || settings.offersKeys ? { ...downloadActions(settings), [RENEW]: renew } : {}),
  ...(settings.offersTotp ? { [REMOVE]: remove } : {}),
  ...(settings.offersKeys ? keyActions : {}),
});

async function renew(visit: Visit): Promise<PageAnswer> {
  const { person } = await selfOf(visit);
  const codes = await visit.call('auth_create_factors_recovery_codes', NewCodes, {
    body: { code: field(visit.form, 'code') },
  });
  return newCodesView(visit, { person, codes, done: visit.texts.factors.codesReplaced });
}

async function remove(visit: Visit): Promise<PageAnswer> {
  await visit.call('auth_destroy_factors_totp', z.unknown(), {
    body: { code: field(visit.form, 'code') },
  });
  return redirect(withQuery(PATHS.security, { done: 'app-removed' }));
}
