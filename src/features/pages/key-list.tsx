import type { VNode } from 'preact';
import { z } from 'zod';
import type { Factors } from './factors.js';
import { ButtonForm, Form } from './forms.js';
import { type Draft, field, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { selfOf } from './person.js';
import { Moment } from './pieces.js';
import { NewCodes, newCodesView } from './recovery-codes.js';
import type { PageSettings } from './settings.js';

export const RENAME = 'rename-key';
const REMOVE = 'remove-key';
/** Replaces the recovery codes of an account that has keys alone. */
export const RENEW_BY_KEY = 'renew-codes-by-key';
const LONGEST_NAME = 100;

interface KeyListProps {
  readonly visit: Visit;
  readonly settings: PageSettings;
  readonly factors: Factors;
  readonly draft: Draft | undefined;
}

/** The passkeys and security keys of one's own account, and the way to another one. */
export const KeyList = ({ visit, settings, factors, draft }: KeyListProps): VNode => (
  <section class="part" aria-labelledby="keys-title">
    <h3 id="keys-title">{visit.texts.keys.title}</h3>
    <p class="quiet">{settings.offersKeys ? visit.texts.keys.hint : visit.texts.keys.limited}</p>
    {factors.webauthn.length > 0 && (
      <ul class="rows">
        {factors.webauthn.map((key) => (
          <KeyRow
            key={key.id}
            visit={visit}
            item={key}
            draft={draft}
            isChangeable={settings.offersKeys}
            isLast={factors.webauthn.length === 1 && !factors.totp.enabled}
          />
        ))}
      </ul>
    )}
    {settings.offersKeys && (
      <div class="actions">
        <a class="button second little" href={PATHS.key}>
          {visit.texts.keys.add}
        </a>
      </div>
    )}
  </section>
);

interface KeyRowProps {
  readonly visit: Visit;
  readonly item: Factors['webauthn'][number];
  readonly draft: Draft | undefined;
  readonly isChangeable: boolean;
  /** The last factor of the account. */
  readonly isLast: boolean;
}

function KeyRow({ visit, item, draft, isChangeable, isLast }: KeyRowProps): VNode {
  const { keys } = visit.texts;
  const id = String(item.id);
  const own = draft?.action === RENAME && draft.fields.get('key') === id ? draft : undefined;
  return (
    <li class="passkey">
      <div class="what">
        <strong>{item.name}</strong>
        <span class="quiet small">
          {`${keys.created} `}
          <Moment at={item.created_date} visit={visit} />
          {item.last_used_date !== null && ` · ${keys.used} `}
          {item.last_used_date !== null && <Moment at={item.last_used_date} visit={visit} />}
        </span>
      </div>
      {isChangeable && (
        <details open={own !== undefined}>
          <summary aria-label={keys.changeLabel(item.name)}>{keys.change}</summary>
          <div class="stack">
            <Form
              visit={visit}
              action={RENAME}
              idPrefix={`key-${id}`}
              to={PATHS.security}
              label={keys.rename}
              kind="second"
              draft={own}
              hidden={{ key: id }}
              fields={[
                {
                  name: 'name',
                  label: keys.name,
                  value: item.name,
                  autocomplete: 'off',
                  maxLength: LONGEST_NAME,
                },
              ]}
            />
            <p class="quiet">{isLast ? keys.removeLastHint : keys.removeHint}</p>
            <div class="actions">
              <ButtonForm
                visit={visit}
                action={REMOVE}
                hidden={{ key: id }}
                label={keys.remove}
                longLabel={keys.removeLabel(item.name)}
                kind="danger"
              />
            </div>
          </div>
        </details>
      )}
    </li>
  );
}

/** What the forms of the list do. */
export const keyActions: NonNullable<Page['actions']> = {
  [RENAME]: async (visit) => {
    await visit.call('auth_partial_update_factors_webauthn', z.unknown(), {
      params: { id: field(visit.form, 'key') },
      body: { name: field(visit.form, 'name') },
    });
    return redirect(withQuery(PATHS.security, { done: 'key-renamed' }));
  },
  [REMOVE]: async (visit) => {
    await visit.call('auth_destroy_factors_webauthn', z.unknown(), {
      params: { id: field(visit.form, 'key') },
    });
    return redirect(withQuery(PATHS.security, { done: 'key-removed' }));
  },
  [RENEW_BY_KEY]: async (visit) => {
    const codes = await visit.call('auth_create_factors_webauthn_recovery_codes', NewCodes);
    const { person } = await selfOf(visit);
    return newCodesView(visit, { person, codes, done: visit.texts.factors.codesReplaced });
  },
};
