import type { RequestHandler } from 'express';
import { CSRF_FIELD, requireCsrf, requireTrustedOrigin } from '../../authentication/csrf.js';
import { ApiError, EnrolmentNeeded, NotFound, PermissionDenied, ProofNeeded } from '../../kernel/errors.js';
import type { Exchange, Exchanges } from '../../platform/http/exchange.js';
import { type Outgoing, send } from '../../platform/http/send.js';
import { proveAgain } from './code-step.js';
import { PRIVATE, type Shell } from './create-shell.js';
import { failureView } from './failures.js';
import { ACTION_FIELD, type Draft, type Page, type PageAnswer, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { NO_PROBLEMS, problemsOf } from './problems.js';
import type { CallRoute } from './route-client.js';
import { addressOf } from './shell.js';
import { signInAgain } from './sign-in.js';

export interface PageHandlerDeps {
  readonly exchanges: Exchanges;
  readonly csrfTrustedOrigins: readonly string[];
  readonly shell: Shell;
  readonly callRoutes: (exchange: Exchange, csrfToken: string | undefined) => CallRoute;
  /** Logs and counts a failure that has an answer. */
  readonly reportFailure: (exchange: Exchange, error: unknown) => void;
}

/** @returns a function that makes the handler of a page */
export function createPageHandler(deps: PageHandlerDeps) {
  const { exchanges, csrfTrustedOrigins, shell } = deps;

  const visitOf = async (exchange: Exchange, params: Readonly<Record<string, string>>): Promise<Visit> => {
    const form = exchange.req.method === 'POST' ? await exchange.form() : new URLSearchParams();
    return {
      ...shell.visitOf(exchange),
      params,
      form,
      call: deps.callRoutes(exchange, form.get(CSRF_FIELD) ?? undefined),
    };
  };

  /** An origin that is not ours changes nothing and is shown nothing of what it sent. */
  const act = async (page: Page, visit: Visit): Promise<PageAnswer> => {
    const { exchange, form, texts } = visit;
    requireTrustedOrigin(exchange, csrfTrustedOrigins);
    const name = form.get(ACTION_FIELD) ?? '';
    const action = Object.hasOwn(page.actions ?? {}, name) ? page.actions?.[name] : undefined;
    if (action === undefined) throw new NotFound();
    const draft = { action: name, fields: form, problems: NO_PROBLEMS };
    try {
      await requireCsrf(exchange, csrfTrustedOrigins, { isPage: true });
    } catch (error) {
      if (!(error instanceof PermissionDenied)) throw error;
      return showAgain(
        page,
        visit,
        { ...draft, problems: { form: [texts.problems.stale], fields: {} } },
        403,
      );
    }
    try {
      return await action(visit);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return signInAgain(visit, page.path);
      if (error instanceof EnrolmentNeeded) throw error;
      if (error instanceof ProofNeeded) return await proveAgain(visit, page.path);
      const problems = problemsOf(error, texts, new Set(form.keys()));
      if (problems === undefined) throw error;
      const status = error instanceof ApiError ? error.status : 400;
      const answer = await showAgain(page, visit, { ...draft, problems }, status);
      return answer.kind === 'view' && status >= 500 ? { ...answer, failure: error } : answer;
    }
  };

  /** @returns the page with the fields as the person typed them, and their problems */
  const showAgain = async (page: Page, visit: Visit, draft: Draft, status: number): Promise<PageAnswer> => {
    const answer = await page.show(visit, draft);
    return answer.kind === 'view' ? { ...answer, status } : answer;
  };

  const answerOf = async (page: Page, visit: Visit): Promise<PageAnswer> => {
    const { exchange } = visit;
    try {
      const answer = await (exchange.req.method === 'POST' ? act(page, visit) : page.show(visit));
      if (answer.kind === 'view' && answer.failure !== undefined)
        deps.reportFailure(exchange, answer.failure);
      return answer;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401)
        return redirect(withQuery(PATHS.signIn, { next: addressOf(visit) }));
      if (error instanceof EnrolmentNeeded)
        return redirect(withQuery(PATHS.enrol, { next: addressOf(visit) }));
      deps.reportFailure(exchange, error);
      return failureView(error, visit);
    }
  };

  return (page: Page): RequestHandler =>
    async (req, _res, next) => {
      if (!SHOWS.has(req.method) && (req.method !== 'POST' || page.actions === undefined)) return next();
      const exchange = exchanges.of(req);
      exchange.sessionSeen = true;
      const visit = await visitOf(exchange, req.params as Readonly<Record<string, string>>);
      const answer = await answerOf(page, visit);
      await send(exchange, outgoingOf(answer, visit, shell));
    };
}

const SHOWS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

function outgoingOf(answer: PageAnswer, visit: Visit, shell: Shell): Outgoing {
  switch (answer.kind) {
    case 'redirect':
      return { status: 303, headers: { Location: answer.to, ...PRIVATE }, content: { kind: 'none' } };
    case 'file':
      return {
        status: 200,
        headers: { 'Content-Disposition': `attachment; filename="${answer.name}"`, ...PRIVATE },
        content: { kind: 'raw', type: answer.type ?? 'application/json', raw: answer.content },
      };
    case 'view':
      return shell.answer(answer, visit);
  }
}
