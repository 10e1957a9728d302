import { z } from 'zod';
import { NotFound } from '../../kernel/errors.js';
import { safeNext } from '../../platform/http/safe-next.js';
import { addressOfPage, readKept } from './kept-form.js';
import { credentialOf } from './key-form.js';
import type { Languages } from './language.js';
import { field, type Page, type PageAnswer, redirect, type Visit } from './page.js';
import { PATHS } from './paths.js';
import { NO_PROBLEMS } from './problems.js';
import type { PageSettings } from './settings.js';

export interface SignInStepDeps {
  /** All pages, for a form that was kept. */
  readonly pages: () => readonly Page[];
  readonly languages: Pick<Languages, 'meet'>;
}

type BodyOf = (visit: Visit) => object;

export const codeIn: BodyOf = ({ form }) => ({ code: field(form, 'code') });
export const keyIn: BodyOf = (visit) => ({ credential: credentialOf(visit) });

/** What follows when a person has proved who they are. */
export function createSignInSteps({ uiUrl }: PageSettings, { pages, languages }: SignInStepDeps) {
  /** @returns the page whose form was kept, for the person to send it again */
  const showKept = async (visit: Visit, text: string): Promise<PageAnswer> => {
    const kept = readKept(text);
    const page = pages().find(({ path }) => path === kept?.page);
    if (kept === undefined || page === undefined) throw new NotFound();
    const problems = { ...NO_PROBLEMS, form: [visit.texts.signingIn.checkAgain] };
    const fields = new URLSearchParams(kept.fields);
    return page.show(
      { ...visit, params: kept.params, form: fields, formsTo: addressOfPage(page, kept.params) },
      { action: kept.action, fields, problems },
    );
  };

  const leadOn = (visit: Visit, otherwise: string): Promise<PageAnswer> | PageAnswer => {
    const kept = field(visit.form, 'kept');
    if (kept !== '') return showKept(visit, kept);
    return redirect(safeNext(visit.form.get('next'), uiUrl) ?? otherwise);
  };

  const goOn = async (visit: Visit): Promise<PageAnswer> => {
    await languages.meet(visit);
    return leadOn(visit, PATHS.account);
  };

  return {
    goOn,

    /** @returns an action that finishes a sign-in by a route */
    enterBy:
      (operation: string, bodyOf: BodyOf) =>
      async (visit: Visit): Promise<PageAnswer> => {
        await visit.call(operation, z.unknown(), { body: bodyOf(visit) });
        return goOn(visit);
      },

    /** @returns an action that proves the second factor of a session by a route */
    proveBy:
      (operation: string, bodyOf: BodyOf) =>
      async (visit: Visit): Promise<PageAnswer> => {
        await visit.call(operation, z.unknown(), { body: bodyOf(visit) });
        return leadOn(visit, PATHS.security);
      },
  };
}
