import { ApiError, ServiceUnavailable, Throttled } from '../../kernel/errors.js';
import type { View, Visit } from './page.js';
import { problemsOf } from './problems.js';

/** @returns the page for an error that concerns a page as a whole */
export function failureView(error: unknown, visit: Visit): View {
  const { problems } = visit.texts;
  const view = (status: number, title: string, text: string): View => ({
    kind: 'view',
    status,
    title,
    main: (
      <>
        <p>{text}</p>
        {status >= 500 && <p class="quiet small">{problems.reference(visit.exchange.id)}</p>}
      </>
    ),
  });
  if (error instanceof Throttled) {
    const [wait = problems.refused] = problemsOf(error, visit.texts, new Set())?.form ?? [];
    return view(429, problems.unavailableTitle, wait);
  }
  if (error instanceof ServiceUnavailable) return view(503, problems.unavailableTitle, problems.unavailable);
  if (!(error instanceof ApiError) || error.status >= 500)
    return view(500, problems.failedTitle, problems.failed);
  if (error.status === 404) return view(404, problems.notFoundTitle, problems.notFound);
  return view(error.status, problems.forbiddenTitle, problems.forbidden);
}
