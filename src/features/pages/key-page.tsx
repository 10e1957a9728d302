import type { VNode } from 'preact';
import { z } from 'zod';
import { ProofNeeded } from '../../kernel/errors.js';
import { safeNext } from '../../platform/http/safe-next.js';
import { Factors, hasFactor } from './factors.js';
import { Form } from './forms.js';
import { credentialOf, KeyForm, KeyOptions } from './key-form.js';
import { type Draft, field, type Page, redirect, type View, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { selfOf, standingOf } from './person.js';
import { downloadActions, NewCodes, newCodesView } from './recovery-codes.js';
import type { PageSettings } from './settings.js';
import { Lead } from './shell.js';

const ADD = 'add';
const BEGIN = 'begin';
const LONGEST_NAME = 100;
const OPERATION = 'auth_retrieve_factors_webauthn_options';

/** Adding a passkey or security key. */
export const keyPage = (settings: PageSettings): Page => ({
  path: PATHS.key,
  show: (visit, draft) => show(visit, settings, draft),
  actions: {
    ...downloadActions(settings),
    // Asks for a proof of the factors that there are, and shows the page again.
    [BEGIN]: async (visit) => {
      await visit.call(OPERATION, z.unknown());
      return show(visit, settings);
    },
    [ADD]: async (visit) => {
      const codes = await visit.call('auth_create_factors_webauthn', NewCodes, {
        body: { name: field(visit.form, 'name'), credential: credentialOf(visit) },
      });
      const next = safeNext(visit.form.get('next'), settings.uiUrl);
      if (codes.recovery_codes.length === 0)
        return redirect(next ?? withQuery(PATHS.security, { done: 'key-added' }));
      const { person } = await selfOf(visit);
      return newCodesView(visit, { person, codes, done: visit.texts.keys.added, next });
    },
  },
});

async function show(visit: Visit, { uiUrl }: PageSettings, draft?: Draft): Promise<View> {
  const [standing, factors, options] = await Promise.all([
    standingOf(visit),
    visit.call('auth_retrieve_factors', Factors),
    optionsFor(visit),
  ]);
  const next = safeNext(visit.form.get('next') ?? visit.query.get('next'), uiUrl);
  const hidden = next === undefined ? {} : { next };
  const { keys, factors: texts, common } = visit.texts;
  return {
    kind: 'view',
    title: keys.add,
    usesKeys: true,
    // People who have to set a factor up can do nothing else: they see no way to other pages.
    ...(typeof standing === 'string' ? {} : { person: standing }),
    main: (
      <>
        <p class="small">
          {typeof standing === 'string' ? (
            <a href={withQuery(PATHS.enrol, { next })}>{common.back}</a>
          ) : (
            <a href={PATHS.security}>{texts.back}</a>
          )}
        </p>
        <Lead title={keys.add}>{keys.addIntro}</Lead>
        <section class="card">
          {options === undefined ? (
            <Proving visit={visit} hidden={hidden} />
          ) : (
            <Adding {...{ visit, draft, hidden, options }} isFirst={!hasFactor(factors)} />
          )}
        </section>
      </>
    ),
  };
}

/** @returns undefined for a person who has to prove their second factor before */
async function optionsFor(visit: Visit): Promise<KeyOptions | undefined> {
  try {
    return await visit.call(OPERATION, KeyOptions);
  } catch (error) {
    if (error instanceof ProofNeeded) return undefined;
    throw error;
  }
}

interface AddingProps {
  readonly visit: Visit;
  readonly draft: Draft | undefined;
  readonly options: KeyOptions;
  readonly isFirst: boolean;
  /** Where the person goes afterwards. */
  readonly hidden: Readonly<Record<string, string>>;
}

const Proving = ({ visit, hidden }: Pick<AddingProps, 'visit' | 'hidden'>): VNode => (
  <>
    <p>{visit.texts.keys.proveFirst}</p>
    <Form visit={visit} action={BEGIN} label={visit.texts.keys.begin} to={PATHS.key} hidden={hidden} />
  </>
);

const Adding = ({ visit, draft, options, isFirst, hidden }: AddingProps): VNode => (
  <>
    <p class="quiet">
      {visit.texts.keys.endsHint}
      {isFirst && ` ${visit.texts.keys.codesHint}`}
    </p>
    <KeyForm
      visit={visit}
      does="create"
      options={options}
      action={ADD}
      to={PATHS.key}
      label={visit.texts.keys.create}
      draft={draft}
      hidden={hidden}
      fields={[
        {
          name: 'name',
          label: visit.texts.keys.name,
          hint: visit.texts.keys.nameHint,
          autocomplete: 'off',
          maxLength: LONGEST_NAME,
        },
      ]}
    />
  </>
);
